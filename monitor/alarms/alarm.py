from dataclasses import dataclass
from enum import IntEnum, StrEnum


class Priority(IntEnum):
    """IEC 60601-1-8 priorities; a larger value is more urgent."""

    LOW = 1
    MEDIUM = 2
    HIGH = 3


class Kind(StrEnum):
    """Whether the patient or the equipment needs attention."""

    PATIENT = "patient"
    TECHNICAL = "technical"


class Phase(StrEnum):
    """Where an alarm stands in its life."""

    ACTIVE = "active"
    """The condition holds and nobody has acknowledged it."""
    ACKNOWLEDGED = "acknowledged"
    """The condition holds and was acknowledged; it is announced again after two minutes."""
    LATCHED = "latched"
    """The condition has ended, but the alarm stays until it is acknowledged."""
    ENDED = "ended"
    """Over; the alarm leaves the list."""


@dataclass(frozen=True, slots=True)
class Alarm:
    """One alarm of one bed, as it stands now."""

    id: int
    """Counted per bed from 1, so that `(bed, id)` is unique and replaying a stream gives the same ids."""
    bed: str
    name: str
    """Stable machine name of the condition, for example `heart_rate_high`."""
    kind: Kind
    priority: Priority
    phase: Phase
    text: str
    """What the screen shows, measured against limit: `HR 134 > 120`."""
    onset_sample: int
    """Where the condition began in the signal (`FS_HZ`, absolute)."""
    raised_sample: int
    """End of the window that raised it."""
    raised_ns: int
    """Wall clock when it was raised."""
    ended_sample: int | None = None
    """End of the window in which the condition was found to be over; None while it holds."""
    acknowledged_by: str | None = None


class Transition(StrEnum):
    """What happened to an alarm."""

    RAISED = "raised"
    UPDATED = "updated"
    """Its text or priority changed (an escalation raises the priority)."""
    LATCHED = "latched"
    ACKNOWLEDGED = "acknowledged"
    REANNOUNCED = "reannounced"
    ENDED = "ended"


@dataclass(frozen=True, slots=True)
class AlarmEvent:
    """A transition of an alarm: what the journal stores and other systems receive."""

    transition: Transition
    alarm: Alarm
    """The alarm after the transition."""
    time_ns: int
    """Wall clock of the transition."""
