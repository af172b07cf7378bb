from dataclasses import dataclass
from enum import IntEnum
from typing import Final

import numpy as np

from engine.arrays import F32, I64, frozen
from engine.leads import N_LEADS


class Mark(IntEnum):
    """The nine places that are marked on a beat, in order of time."""

    P_ONSET = 0
    P_PEAK = 1
    P_OFFSET = 2
    QRS_ONSET = 3
    R_PEAK = 4
    QRS_OFFSET = 5
    T_ONSET = 6
    T_PEAK = 7
    T_OFFSET = 8


N_MARKS: Final = len(Mark)


@dataclass(frozen=True, slots=True, eq=False)
class Delineation:
    """The waves of a window's beats, per lead."""

    r_peaks: I64
    """(n,) int64, absolute sample indices at `FS_HZ`, ascending: those of `Beats`."""
    marks_ms: F32
    """(9, 12, n) float32, ms from the beat's R peak (before it negative), rows as `Mark`; NaN where a wave is
    absent, not measurable or its lead not assessable. `R_PEAK` is the lead's own largest deflection."""
    p_coherence: F32
    """(n,) float32, correlation of what precedes the QRS complex with the mean of the window's other beats,
    over all leads: near 1 with P waves, around 0 in fibrillation; NaN where not measurable."""
    centres: I64
    """(n,) int64, absolute sample of the middle of each QRS complex, by the energy of its slopes: it lies
    still where R peaks do not."""

    def of(self, mark: Mark) -> F32:
        """(12, n) float32, ms from the R peak: one mark in every lead of every beat."""
        one: F32 = self.marks_ms[mark]
        return one

    @classmethod
    def empty(cls, r_peaks: I64) -> "Delineation":
        """Nothing measured."""
        n = r_peaks.size
        marks_ms = frozen(np.full((N_MARKS, N_LEADS, n), np.nan, np.float32))
        return cls(r_peaks, marks_ms, frozen(np.full(n, np.nan, np.float32)), r_peaks)
