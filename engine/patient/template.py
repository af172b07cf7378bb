from dataclasses import dataclass
from functools import cache
from typing import Final

import numpy as np

from engine.arrays import F32, F64, I64, frozen
from engine.preprocess import BEAT_N

SHIFT_N: Final = 6
"""Beats are compared at the best of the shifts up to so many samples (60 ms): the R peak of a wide or notched
complex may be found at either of its tops."""
_INNER: Final = slice(SHIFT_N, BEAT_N - SHIFT_N)


@dataclass(frozen=True, slots=True, eq=False)
class Template:
    """What beats are compared with: matrices with a row for each of the 2 SHIFT_N + 1 shifts."""

    terms: F32
    """(shifts, 2 leads BEAT_N) float32: what squares, and then what amplitudes are multiplied by."""
    square: F32
    """(leads, BEAT_N) float32: what its samples add each, where it is not moved."""

    @classmethod
    def of(cls, middle: F32, weight: F32) -> "Template":
        """For a middle (leads, BEAT_N), the squares of deviations from which count by their weight."""
        product = middle * weight
        return cls(_at_all_shifts(np.concatenate((weight, -2 * product))), middle * product)

    def distances(self, u: F32, there: F32 | None = None) -> tuple[F64, I64]:
        """Root mean square deviations (n,) of compressed beats at the best shift, and the shifts.

        The square of a difference is the square of the one, less twice the product, and the square of the
        other: a product of matrices. `there` (n, leads, BEAT_N) is 1 where beats are real, and `u` is 0
        elsewhere; None: all are, throughout, and the last two are the same at every shift.
        """
        u = u.reshape(len(u), self.square.size)
        square = np.concatenate((u * u, u), axis=1) @ self.terms.T
        if there is None:
            inner = self.square[:, _INNER]
            square += inner.sum()
            mean = np.maximum(square, 0.0) / max(inner.size, 1)
        else:
            there = there.reshape(u.shape)
            square += there @ _at_all_shifts(self.square).T
            count = there @ _counted(len(self.square)).T
            enough = (count > 0) & (count >= 0.5 * count.max(axis=1, keepdims=True))
            mean = np.where(enough, np.maximum(square, 0.0) / np.maximum(count, 1), np.inf)
        best = mean.argmin(axis=1)
        distance = np.sqrt(mean[np.arange(len(mean)), best]).astype(np.float64)
        return np.where(np.isfinite(distance), distance, np.nan), (best - SHIFT_N).astype(np.int64)


@cache
def _counted(n_leads: int) -> F32:
    """The same for all patients."""
    return frozen(_at_all_shifts(np.ones((n_leads, BEAT_N), np.float32)))


def _at_all_shifts(rows: F32) -> F32:
    """Without the ends, over which a shift would move: (k, BEAT_N) to (2 SHIFT_N + 1, k BEAT_N)."""
    moved = np.zeros((2 * SHIFT_N + 1, *rows.shape), np.float32)
    for first, row in enumerate(moved):
        row[:, first : first + BEAT_N - 2 * SHIFT_N] = rows[:, _INNER]
    return moved.reshape(len(moved), -1)
