"""What the monitor remembers of a patient's beats."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from engine.arrays import I64
from engine.beatclass import I8
from engine.classify.families import Families

EARLY: Final = -0.12
"""A beat whose log RR ratio is less is premature."""
EARLY_WEIGHT: Final = 0.25
WIDER_MS: Final = 25.0
WIDE_WEIGHT: Final = 0.1
FAST_RR_S: Final = 0.6
FAST_WEIGHT: Final = 0.02
RACING_RR_S: Final = 0.43
FEW: Final = 3.0
"""Which family is the patient's own: the heaviest, but premature ones count `EARLY_WEIGHT`; ones wider by
`WIDER_MS` than the narrowest of more than a `FEW` beats count `WIDE_WEIGHT`, or `FAST_WEIGHT` if faster than
`FAST_RR_S`, as do all that are faster than `RACING_RR_S`. So a long tachycardia does not become the rule; a
new bundle branch block does, after minutes."""


@dataclass(frozen=True, slots=True, eq=False)
class Judged:
    """The beats of a bed's last window as they were classed: settled ones need not be judged again."""

    r_peaks: I64
    """(n,) int64, absolute samples."""
    klass: I8
    """(n,) int8, values of `BeatClass` by the features alone; `UNKNOWN` for those to be judged again."""
    own: int
    """The family that was the patient's own."""


@dataclass(frozen=True, slots=True, eq=False)
class BeatMemory:
    """Streaming state of beat classification, one per bed; `reset` by starting from `empty()` again."""

    families: Families
    typical_rr_s: float
    """Running mean of the intervals that are neither premature nor pauses, s; NaN before the first."""
    until: int
    """Beats up to this absolute sample are in it."""
    judged: Judged

    @classmethod
    def empty(cls) -> "BeatMemory":
        """Of a patient never seen."""
        nothing = Judged(np.zeros(0, np.int64), np.zeros(0, np.int8), -1)
        return cls(Families.none(), float("nan"), -(2**62), nothing)

    def with_judged(self, judged: Judged) -> "BeatMemory":
        """The same, but for the beats last judged."""
        return BeatMemory(self.families, self.typical_rr_s, self.until, judged)

    @property
    def own(self) -> int:
        """Place of the patient's own family; -1 while there is none."""
        return int(own_family(self.families))


def own_family(families: Families) -> I64:
    """Place of each bed's own family; -1 while there is none."""
    racing = families.rr_s < RACING_RR_S
    several = (families.weight >= FEW) & ~racing
    narrowest_ms = np.where(several, families.qrs_ms, np.inf).min(axis=-1, keepdims=True)
    wide = families.qrs_ms > narrowest_ms + WIDER_MS
    score = families.weight * np.where(families.early < EARLY, EARLY_WEIGHT, 1.0)
    score *= np.where(wide, WIDE_WEIGHT, 1.0)
    score = np.where(racing | (wide & (families.rr_s < FAST_RR_S)), FAST_WEIGHT * families.weight, score)
    own: I64 = np.where((families.weight > 0).any(axis=-1), score.argmax(axis=-1), -1)
    return own
