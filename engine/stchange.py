"""ST levels against the patient's own: what changed, where, and since when."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from engine.arrays import F32, frozen
from engine.leads import LEADS, N_LEADS

LEARN_N: Final = 60
"""Measured windows whose median is the patient's own level."""
CHANGED_MV: Final = 0.1
"""Deviation that counts (ACC/AHA: 1 mm)."""
NEIGHBOURS: Final = (
    ("aVL", "I"), ("II", "aVF"), ("aVF", "III"),
    ("V1", "V2"), ("V2", "V3"), ("V3", "V4"), ("V4", "V5"), ("V5", "V6"),
)  # fmt: skip
"""Leads that look at the heart from next to each other: in Cabrera's order, and along the chest."""
TERRITORIES: Final = {
    "anterior": ("V1", "V2", "V3", "V4"),
    "inferior": ("II", "III", "aVF"),
    "lateral": ("I", "aVL", "V5", "V6"),
}


@dataclass(frozen=True, slots=True, eq=False)
class StMemory:
    """The levels from which the patient's own are learned."""

    seen_mv: F32
    """(n, 12) float32, mV, at most `LEARN_N` rows; complete when it has so many."""

    usual_mv: F32 | None = None
    """(12,) float32, mV: the patient's own levels, NaN in leads never measured; None while learning."""

    @classmethod
    def empty(cls) -> "StMemory":
        """Nothing learned."""
        return cls(frozen(np.zeros((0, N_LEADS), np.float32)))

    def with_levels(self, st_mv: F32) -> "StMemory":
        """Learn one more window's (12,) levels."""
        seen_mv = np.concatenate((self.seen_mv, st_mv[None].astype(np.float32)))
        usual_mv = None if len(seen_mv) < LEARN_N else frozen(_usual_mv(seen_mv))
        return StMemory(frozen(seen_mv), usual_mv)


def _usual_mv(seen_mv: F32) -> F32:
    known = np.isfinite(seen_mv).sum(axis=0) >= LEARN_N // 2
    usual = np.full(N_LEADS, np.nan, np.float32)
    usual[known] = np.nanmedian(seen_mv[:, known], axis=0)
    return usual


@dataclass(frozen=True, slots=True)
class StChange:
    """How far the ST levels are from the patient's own."""

    change_mv: tuple[float, ...]
    """12, standard order; NaN where not measurable."""

    @property
    def leads(self) -> tuple[int, ...]:
        """Leads that deviate in the same direction as a neighbour, in standard order."""
        found: set[int] = set()
        for pair in NEIGHBOURS:
            one, other = (LEADS.index(name) for name in pair)
            a, b = self.change_mv[one], self.change_mv[other]
            if (a >= CHANGED_MV and b >= CHANGED_MV) or (a <= -CHANGED_MV and b <= -CHANGED_MV):
                found |= {one, other}
        return tuple(sorted(found))

    @property
    def territory(self) -> str:
        """Where most of the elevated leads look (of the depressed ones, if none is elevated)."""
        names = {LEADS[lead] for lead in self.leads if self.change_mv[lead] > 0}
        names = names or {LEADS[lead] for lead in self.leads}
        return max(TERRITORIES, key=lambda name: len(names & set(TERRITORIES[name])), default="")


def follow_st(st_mv: F32, memory: StMemory) -> tuple[StChange | None, StMemory]:
    """Compare one window's ST levels with the patient's own, or learn them.

    Parameters
    ----------
    st_mv : (12,) float32
        mV, of `engine.intervals.Intervals`; NaN where not measurable.
    memory : StMemory
        As the call before returned it.

    Returns
    -------
    StChange or None
        None while the patient's own levels are not yet known, or nothing is measurable.
    StMemory
        To be given with the next window.

    Notes
    -----
    The level is taken 60 ms after the J point, the change counts from 0.1 mV in two neighbouring leads, as in
    Drew et al., Practice standards for electrocardiographic monitoring in hospital settings, Circulation 110
    (2004). Deviation: the patient's own level is learned once, from the first minute that is measurable.
    """
    if not np.isfinite(st_mv).any():
        return None, memory
    if memory.usual_mv is None:
        return None, memory.with_levels(st_mv)
    return StChange(tuple((st_mv - memory.usual_mv).tolist())), memory
