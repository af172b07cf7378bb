"""How long, and how often, a condition has been seen: the memory behind persistence."""

from dataclasses import dataclass, replace
from typing import Final

from monitor.alarms.condition import Persistence
from monitor.alarms.finding import Finding

UNKNOWN_HOLD_S: Final = 30.0
"""What could not be judged for this long is forgotten; the `not_assessed` alarm has taken over by then."""

MISS: Final = -1


@dataclass(frozen=True, slots=True)
class Watch:
    """What the last observations said of one condition; times are seconds of the condition's clock."""

    recent: tuple[int, ...] = ()
    """Onset sample found by each of the last judged observations, `MISS` where there was none."""
    run_onset: int = MISS
    """Onset of the unbroken run of findings, `MISS` outside one."""
    run_since_s: float = 0.0
    clear_since_s: float | None = None
    """When the condition was first found absent after a finding."""
    judged_s: float | None = None
    """The last observation that could tell."""

    @property
    def is_empty(self) -> bool:
        """Whether no finding is in memory: then it is as if nothing had ever been observed."""
        return self.run_onset == MISS and self.recent.count(MISS) == len(self.recent)

    @property
    def onset_sample(self) -> int:
        """Earliest onset in memory."""
        return min(onset for onset in (self.run_onset, *self.recent) if onset != MISS)

    def seen(self, finding: Finding | None, at_s: float, persistence: Persistence) -> "Watch":
        """Remember one judged observation; a clock that went back starts its spans anew."""
        old = Watch() if self.stale(at_s) else self
        if finding is None:
            recent = (*old.recent, MISS)[-persistence.of :]
            clear_s = at_s if old.clear_since_s is None else min(old.clear_since_s, at_s)
            return Watch(recent, MISS, 0.0, clear_s, at_s)
        recent = (*old.recent, finding.onset_sample)[-persistence.of :]
        if old.run_onset == MISS:
            return Watch(recent, finding.onset_sample, at_s, None, at_s)
        return Watch(recent, old.run_onset, min(old.run_since_s, at_s), None, at_s)

    def unjudged(self, at_s: float) -> "Watch":
        """Remember that an observation could not tell."""
        return replace(self, judged_s=at_s) if self.judged_s is None else self

    def stale(self, at_s: float) -> bool:
        """Whether nothing could be judged for too long."""
        return self.judged_s is not None and at_s - self.judged_s > UNKNOWN_HOLD_S

    def raises(self, at_s: float, persistence: Persistence) -> bool:
        """Whether there is evidence enough to raise the alarm now."""
        n_found = len(self.recent) - self.recent.count(MISS)
        held = self.run_onset != MISS and at_s - self.run_since_s >= persistence.hold_s
        return held and n_found >= persistence.needs

    def clears(self, at_s: float, persistence: Persistence) -> bool:
        """Whether the condition has been absent for long enough to end the alarm now."""
        return self.clear_since_s is not None and at_s - self.clear_since_s >= persistence.clear_s
