from dataclasses import dataclass

from engine.arrays import F32, I64


@dataclass(frozen=True, slots=True, eq=False)
class Beats:
    """R peaks of one window, found by voting over its assessable leads."""

    r_peaks: I64
    """(n,) int64, absolute sample indices at `FS_HZ`, ascending."""
    votes: F32
    """(n,) float32, share of the assessable leads that saw the beat, 0 to 1."""
    n_leads: int
    """Number of leads that voted; with 0 the absence of beats means nothing."""
