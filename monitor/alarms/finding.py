from dataclasses import dataclass

from monitor.alarms.alarm import Priority


@dataclass(frozen=True, slots=True)
class Finding:
    """A condition holds in an observation."""

    text: str
    """What the screen shows: `HR 134 > 120`."""
    onset_sample: int
    """Where it began in the signal, absolute at `FS_HZ`."""
    priority: Priority | None = None
    """Set where the priority depends on the case; None means the condition's own."""
    subjects: tuple[str, ...] = ()
    """The leads it is about, where a further lead is news to be announced."""
