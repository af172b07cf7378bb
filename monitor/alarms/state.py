"""Everything the alarm machine remembers of a bed: plain frozen values, nothing hidden."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from engine.grid import FS_HZ
from monitor.alarms.alarm import Alarm, Phase, Priority
from monitor.alarms.limits import Limits
from monitor.alarms.watch import Watch

HOUR_N = 3600 * FS_HZ
HOLDING = (Phase.ACTIVE, Phase.ACKNOWLEDGED)


@dataclass(frozen=True, slots=True)
class Slot:
    """One condition of one bed: what was seen of it, and its open alarm if there is one."""

    watch: Watch = field(default_factory=Watch)
    alarm: Alarm | None = None
    subjects: tuple[str, ...] | None = None
    """What the alarm was last announced about, for example its leads; None when that is not known."""
    acknowledged_ns: int = 0

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to remember: no alarm, and no finding that could add up to one."""
        return self.alarm is None and self.watch.is_empty

    def watched(self, watch: Watch) -> "Slot":
        """Return the slot with something else seen."""
        return Slot(watch, self.alarm, self.subjects, self.acknowledged_ns)

    @property
    def holds(self) -> bool:
        """Whether there is an alarm and its condition still holds."""
        return self.alarm is not None and self.alarm.phase in HOLDING


EMPTY = Slot()


@dataclass(frozen=True, slots=True)
class AudioPause:
    """Silence asked for by an operator; something graver than what sounded then ends it."""

    until_ns: int = 0
    level: int = 0
    """Priority up to which alarms stay silent."""
    operator: str = ""


NO_PAUSE = AudioPause()


@dataclass(frozen=True, slots=True)
class MachineState:
    """The alarm state of one bed."""

    bed: str
    limits: Limits = field(default_factory=Limits)
    slots: Mapping[str, Slot] = field(default_factory=dict)
    """Condition name -> slot, where there is anything to remember; replaced as a whole, never written to."""
    next_id: int = 1
    audio: AudioPause = NO_PAUSE
    end_sample: int = 0
    first_sample: int | None = None
    """End of the first window observed."""
    raised_samples: tuple[int, ...] = ()
    """When alarms were raised, an hour back from the newest."""

    @property
    def alarms(self) -> tuple[Alarm, ...]:
        """Open alarms, most urgent first: by priority, then unacknowledged, then newest."""
        found = [slot.alarm for slot in self.slots.values() if slot.alarm is not None]
        return tuple(sorted(found, key=lambda a: (-a.priority, a.phase is Phase.ACKNOWLEDGED, -a.id)))

    @property
    def alarms_per_hour(self) -> float:
        """Alarms raised in the last hour of signal, per hour; 0 in the first minute."""
        observed_n = self.end_sample - (self.first_sample or 0)
        if observed_n < 60 * FS_HZ:
            return 0.0
        n_recent = sum(raised > self.end_sample - HOUR_N for raised in self.raised_samples)
        return n_recent * HOUR_N / min(observed_n, HOUR_N)

    def audio_paused_until_ns(self, now_ns: int) -> int:
        """When sound comes back; 0 while it is not paused."""
        return self.audio.until_ns if self.audio.until_ns > now_ns else 0

    def sounding(self, now_ns: int) -> Priority | None:
        """Priority that should be heard now: of the gravest alarm that nobody has acknowledged."""
        waiting = [a.priority for a in self.alarms if a.phase is not Phase.ACKNOWLEDGED]
        return None if not waiting or self.audio_paused_until_ns(now_ns) else max(waiting)
