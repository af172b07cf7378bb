"""Taking beats into the memories of several beds at once."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from engine.arrays import F32, F64, I64, Bools, frozen
from engine.classify.families import Families, compare, lead_scale
from engine.classify.memory import EARLY, BeatMemory
from engine.classify.pieces import LAGS, Pieces
from engine.filters import runs
from engine.grid import FS_HZ

SAME: Final = 0.88
MAX_GAIN: Final = 1.9
"""Beats of one family correlate at least so much, and differ in amplitude at most by this factor."""
SETTLED_N: Final = 20
"""A family's mean follows slowly from so many beats on."""
FADING_S: Final = 150.0
MAX_APART_S: Final = 10.0
"""Time constant with which families are forgotten; a longer silence counts as so much."""
FIRST: Final = frozen(np.array((0.0, 0.0, 0.0, 0.03, 8.0), np.float32))
"""Numbers of a new family, all but its weight."""
SPREAD_RATE: Final = 0.05
LATE: Final = 0.2
"""Log RR ratio, from that of premature beats up to which an interval is a usual one."""
RR_RATE: Final = 0.05


@dataclass(frozen=True, slots=True, eq=False)
class Memories:
    """What is remembered of B beds, stacked and changed in place while beats are taken in."""

    families: Families
    """Stacked."""
    typical_rr_s: F64
    """(B,)"""
    until: I64
    """(B,)"""

    @classmethod
    def of(cls, memories: Sequence[BeatMemory]) -> "Memories":
        """Copies of the beds' own."""
        return cls(
            Families.stacked([memory.families for memory in memories]),
            np.array([memory.typical_rr_s for memory in memories], np.float64),
            np.array([memory.until for memory in memories], np.int64),
        )

    def of_bed(self, bed: int, before: BeatMemory) -> BeatMemory:
        """What is remembered of one bed; if nothing was learned, that is `before`."""
        until = int(self.until[bed])
        if until == before.until:
            return before
        typical_rr_s = float(self.typical_rr_s[bed])
        return BeatMemory(self.families.of_bed(bed), typical_rr_s, until, before.judged)


@dataclass(frozen=True, slots=True, eq=False)
class BeatFacts:
    """What is remembered of n beats beside their shape."""

    sample: I64
    """(n,) R peaks, absolute."""
    early: F64
    """(n,) log(RR interval before / typical RR interval); NaN if unknown."""
    rr_s: F64
    """(n,)"""
    qrs_ms: F32
    """(n,)"""

    def at(self, rows: I64 | Bools) -> "BeatFacts":
        """Some of the beats."""
        return BeatFacts(self.sample[rows], self.early[rows], self.rr_s[rows], self.qrs_ms[rows])


def remember(memories: Memories, pieces: Pieces, facts: BeatFacts, scale_by: Pieces) -> None:
    """Take one more beat of some beds into memory.

    Parameters
    ----------
    memories : Memories
        Changed in place.
    pieces : Pieces
        The beats, no two of one bed.
    facts : BeatFacts
        More about them.
    scale_by : Pieces
        All beats at hand: in leads of which nothing is known yet, they say how large beats are.
    """
    bed, families = pieces.bed, memories.families
    apart_s = np.minimum((facts.sample - memories.until[bed]) / FS_HZ, MAX_APART_S)
    families.weight[bed] *= np.exp(-apart_s / FADING_S).astype(np.float32)[:, None]
    memories.until[bed] = facts.sample
    memories.typical_rr_s[bed] = _typical_rr_s(memories.typical_rr_s[bed], facts)
    seen = np.flatnonzero(pieces.known.any(axis=1))
    if seen.size:
        _join(families, pieces.at(seen), facts.at(seen), lead_scale(families.known, scale_by))


def _typical_rr_s(typical_s: F64, facts: BeatFacts) -> F64:
    moved = np.where(np.isfinite(typical_s), typical_s + RR_RATE * (facts.rr_s - typical_s), facts.rr_s)
    return np.where((facts.early > EARLY) & (facts.early < LATE), moved, typical_s)


def _join(families: Families, pieces: Pieces, facts: BeatFacts, scale: F32) -> None:
    """Add each beat to the family that it resembles most, or let it found a new one."""
    bed, beat = pieces.bed, np.arange(len(pieces))
    like = compare(families.known, pieces, scale)
    alike = (like.gain < MAX_GAIN) & (like.gain > 1 / MAX_GAIN) & np.isfinite(like.correlation)
    similar = np.where(alike, like.correlation, np.float32(-1))
    nearest = similar.argmax(axis=1)
    new = similar[beat, nearest] < SAME
    place = np.where(new, families.weight[bed].argmin(axis=1), nearest)
    lag = np.where(new, 0, like.lag[beat, nearest] + LAGS[0])
    for array in (families.shape, families.count, families.weight):
        array[bed[new], place[new]] = 0
    strange = np.where(new, np.nan, 1.0 - similar[beat, nearest])
    _move_numbers(families, (bed, place), new, strange, facts)
    _move_shape(families, (bed, place), _shifted(pieces.whole, lag), pieces.known)


def _shifted(whole: F32, lag: I64) -> F32:
    """(n, 12, PIECE_N) pieces, each moved to an earlier time by so many samples, in a circle."""
    n = whole.shape[2]
    return runs(np.concatenate((whole, whole), axis=2), n)[np.arange(len(whole)), :, lag % n]


def _move_shape(families: Families, at: tuple[I64, I64], beat: F32, known: Bools) -> None:
    count = np.minimum(families.count[at], np.float32(SETTLED_N))
    shape = families.shape[at]
    shape += (known / (count + 1))[..., None] * (beat - shape)
    families.shape[at] = shape
    families.count[at] = np.where(known, np.minimum(count + 1, np.float32(SETTLED_N)), families.count[at])


def _move_numbers(
    families: Families, at: tuple[I64, I64], new: Bools, strange: F64, facts: BeatFacts
) -> None:
    """Running means of the families, those of new ones from their first values on."""
    numbers = families.numbers[at]
    before = np.where(new[:, None], FIRST, numbers[:, 1:])
    share = np.full(before.shape, SPREAD_RATE, np.float32)
    share[:, :3] = 1 / (np.minimum(numbers[:, :1], np.float32(SETTLED_N)) + 1)
    apart_ms = np.abs(facts.qrs_ms - numbers[:, 2])
    value = np.stack((facts.early, facts.qrs_ms, facts.rr_s, strange, apart_ms), axis=1).astype(np.float32)
    moved = before + share * (value - before)
    numbers[:, 0] += 1
    numbers[:, 1:] = np.where(np.isfinite(value), moved, before)
    families.numbers[at] = numbers
