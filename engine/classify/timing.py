"""RR intervals around beats."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from engine.arrays import F64
from engine.delineation.beatrow import BeatRow
from engine.delineation.segment import middle
from engine.filters import runs
from engine.grid import FS_HZ

LOCAL_RR: Final = (6, 5)
"""The usual interval around a beat is the median of so many before it and after it."""


@dataclass(frozen=True, slots=True, eq=False)
class Timing:
    """RR intervals of the m beats of windows; s, NaN where unknown."""

    before_s: F64
    """(m,)"""
    after_s: F64
    """(m,)"""
    previous_s: F64
    """(m,) the interval before the one before."""
    local_s: F64
    """(m,) median of those around."""
    all_s: F64
    """(B, most beats): those before each beat, by window."""

    @classmethod
    def of(cls, row: BeatRow) -> "Timing":
        """Of all beats of windows."""
        before_s = np.where(row.rank > 0, row.since_last / FS_HZ, np.nan)
        all_s = row.by_window(before_s)
        room = np.full((len(all_s), sum(LOCAL_RR)), np.nan)
        padded = np.concatenate((room[:, 1:], all_s, room), axis=1)
        local_s = middle(runs(padded, sum(LOCAL_RR))[row.window, row.rank + LOCAL_RR[1]], axis=1)
        at = row.rank + room.shape[1] - 1
        return cls(before_s, padded[row.window, at + 1], padded[row.window, at - 1], local_s, all_s)

    @property
    def early(self) -> F64:
        """(m,) log of the interval before each beat over those around it."""
        return np.log(self.before_s / self.local_s)

    def columns(self, row: BeatRow, typical_s: F64) -> tuple[F64, ...]:
        """(m,) each: what `FEATURES` says of intervals; with the (B,) typical interval of each patient."""
        before_s, local_s = self.before_s, self.local_s
        typical_s = np.where(np.isfinite(typical_s), typical_s, middle(row.by_window(local_s), axis=1))
        log = np.log(np.maximum(before_s, 0.1))
        return (
            log,
            self.early,
            np.log(before_s / typical_s[row.window]),
            np.log(self.after_s / local_s),
            np.log(self.after_s / before_s),
            np.log(before_s / self.previous_s),
            _spread(np.log(np.maximum(self.all_s, 0.1)))[row.window],
        )


def _spread(values: F64) -> F64:
    """(B, n) to (B,) standard deviation of what is known; NaN where nothing is."""
    known = np.isfinite(values)
    n = np.where(known.any(axis=1), known.sum(axis=1), np.nan)
    mean = np.where(known, values, 0).sum(axis=1) / n
    spread: F64 = np.sqrt(np.where(known, (values - mean[:, None]) ** 2, 0).sum(axis=1) / n)
    return spread
