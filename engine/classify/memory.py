"""What the monitor remembers of a patient's beats."""

from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from engine.arrays import F32, Bools, frozen
from engine.classify.families import Families, compare, lead_scale
from engine.classify.pieces import LAGS, Pieces
from engine.grid import FS_HZ

SAME: Final = 0.88
MAX_GAIN: Final = 1.9
"""Beats of one family correlate at least so much, and differ in amplitude at most by this factor."""
SETTLED_N: Final = 20
"""A family's mean follows slowly from so many beats on."""
FADING_S: Final = 150.0
MAX_APART_S: Final = 10.0
"""Time constant with which families are forgotten; a longer silence counts as so much."""
FIRST_SPREAD: Final = 0.03
FIRST_QRS_SPREAD_MS: Final = 8.0
SPREAD_RATE: Final = 0.05
EARLY: Final = -0.12
LATE: Final = 0.2
"""Log RR ratios between which a beat is neither premature nor after a pause."""
RR_RATE: Final = 0.05
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
class BeatMemory:
    """Streaming state of beat classification, one per bed; `reset` by starting from `empty()` again."""

    families: Families
    typical_rr_s: float
    """Running mean of the intervals that are neither premature nor pauses, s; NaN before the first."""
    until: int
    """Beats up to this absolute sample are in it."""

    @classmethod
    def empty(cls) -> "BeatMemory":
        """Of a patient never seen."""
        return cls(Families.none(), float("nan"), -(2**62))

    @property
    def own(self) -> int:
        """Place of the patient's own family; -1 while there is none."""
        families = self.families
        if not (families.weight > 0).any():
            return -1
        racing = families.rr_s < RACING_RR_S
        several = (families.weight >= FEW) & ~racing
        narrowest_ms = families.qrs_ms[several].min() if several.any() else np.inf
        wide = families.qrs_ms > narrowest_ms + WIDER_MS
        score = families.weight * np.where(families.early < EARLY, EARLY_WEIGHT, 1.0)
        score *= np.where(wide, WIDE_WEIGHT, 1.0)
        score = np.where(racing | (wide & (families.rr_s < FAST_RR_S)), FAST_WEIGHT * families.weight, score)
        return int(score.argmax())


@dataclass(frozen=True, slots=True)
class BeatFacts:
    """What is remembered of one beat beside its shape."""

    sample: int
    """R peak, absolute."""
    early: float
    """log(RR interval before / typical RR interval); NaN if unknown."""
    rr_s: float
    qrs_ms: float


def remember(memory: BeatMemory, pieces: Pieces, i: int, facts: BeatFacts) -> BeatMemory:
    """Take one more beat into memory.

    Parameters
    ----------
    memory : BeatMemory
        Left as it is.
    pieces : Pieces
        Beats of a window.
    i : int
        Which of them.
    facts : BeatFacts
        More about it.
    """
    known = pieces.known[i]
    apart_s = (facts.sample - memory.until) / FS_HZ
    old = _faded(memory.families, apart_s)
    memory = replace(memory, until=facts.sample, typical_rr_s=_typical_rr_s(memory.typical_rr_s, facts))
    if not known.any():
        return memory
    like = compare(old, pieces.qrs[i : i + 1], known[None], lead_scale(old, pieces))
    similar = np.where((like.gain[0] < MAX_GAIN) & (like.gain[0] > 1 / MAX_GAIN), like.correlation[0], np.nan)
    similar = np.nan_to_num(similar, nan=-1.0)
    place, lag, new = int(similar.argmax()), 0, bool(similar.max() < SAME)
    if new:
        place = int(old.weight.argmin())
    else:
        lag = LAGS[int(like.lag[0, place])]
    beat = np.roll(pieces.whole[i], -lag, axis=1)
    strange = float("nan") if new else 1.0 - float(similar[place])
    return replace(memory, families=_joined(old, place, new, beat, known, strange, facts))


def _faded(families: Families, apart_s: float) -> Families:
    share = np.float32(np.exp(-min(apart_s, MAX_APART_S) / FADING_S))
    return replace(families, weight=frozen(families.weight * share))


def _typical_rr_s(typical_s: float, facts: BeatFacts) -> float:
    if not EARLY < facts.early < LATE:
        return typical_s
    return typical_s + RR_RATE * (facts.rr_s - typical_s) if np.isfinite(typical_s) else facts.rr_s


def _joined(
    old: Families, place: int, new: bool, beat: F32, known: Bools, strange: float, facts: BeatFacts
) -> Families:
    """Add a beat to the family at `place`, or let it found a new one there."""
    shape, count, weight = old.shape.copy(), old.count.copy(), old.weight.copy()
    if new:
        shape[place], count[place], weight[place] = 0, 0, 0
    share = 1 / (np.minimum(count[place, known], SETTLED_N) + 1)
    shape[place, known] += share[:, None] * (beat[known] - shape[place, known])
    count[place, known] = np.minimum(count[place, known] + 1, SETTLED_N)
    slow = 1 / (min(float(weight[place]), SETTLED_N) + 1)
    weight[place] += 1
    apart_ms = abs(facts.qrs_ms - float(old.qrs_ms[place]))
    return Families(
        frozen(shape),
        frozen(count),
        frozen(weight),
        early=_moved(old.early, place, facts.early, slow, 0.0 if new else None),
        qrs_ms=_moved(old.qrs_ms, place, facts.qrs_ms, slow, 0.0 if new else None),
        rr_s=_moved(old.rr_s, place, facts.rr_s, slow, 0.0 if new else None),
        spread=_moved(old.spread, place, strange, SPREAD_RATE, FIRST_SPREAD if new else None),
        qrs_spread_ms=_moved(
            old.qrs_spread_ms, place, apart_ms, SPREAD_RATE, FIRST_QRS_SPREAD_MS if new else None
        ),
    )


def _moved(means: F32, place: int, value: float, share: float, first: float | None) -> F32:
    """Running means with the one at `place` moved towards a value, from `first` if it begins anew."""
    moved = means.copy()
    if first is not None:
        moved[place] = first
    if np.isfinite(value):
        moved[place] += share * (value - moved[place])
    return frozen(moved)
