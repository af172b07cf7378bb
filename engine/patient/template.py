from dataclasses import dataclass
from functools import cache
from typing import Final

import numpy as np

from engine.arrays import F32, F64, I64, frozen
from engine.preprocess import BEAT_N

SHIFT_N: Final = 6
"""Beats are compared at the best of the shifts up to so many samples (60 ms): the R peak of a wide or notched
complex may be found at either of its tops."""


@dataclass(frozen=True, slots=True, eq=False)
class Template:
    """What beats are compared with: matrices with a column for each of the 2 SHIFT_N + 1 shifts."""

    terms: F32
    """(2 leads BEAT_N, shifts) float32: what squares, and then what amplitudes are multiplied by."""
    constant: F32
    """(shifts,) float32: what is added for a beat that is real throughout."""
    square: F32
    """(leads, BEAT_N) float32: what its samples add each, where it is not moved."""

    @classmethod
    def of(cls, middle: F32, weight: F32) -> "Template":
        """For a middle (leads, BEAT_N), the squares of deviations from which count by their weight."""
        square = middle**2 * weight
        terms = np.concatenate((_at_all_shifts(weight), _at_all_shifts(-2 * middle * weight)))
        return cls(terms, _at_all_shifts(square).sum(axis=0), square)

    def distances(self, u: F32, there: F32 | None = None) -> tuple[F64, I64]:
        """Root mean square deviations (n,) of compressed beats at the best shift, and the shifts.

        The square of a difference is the square of the one, less twice the product, and the square of the
        other: a product of matrices. `there` (n, leads, BEAT_N) is 1 where beats are real, and `u` is 0
        elsewhere; None: all are, throughout.
        """
        u = u.reshape(len(u), self.square.size)
        square = np.concatenate((u * u, u), axis=1) @ self.terms
        if there is None:
            square += self.constant
            count = _counts(len(self.square))
        else:
            there = there.reshape(u.shape)
            square += there @ _at_all_shifts(self.square)
            count = there @ _counted(len(self.square))
        enough = (count > 0) & (count >= 0.5 * count.max(axis=1, keepdims=True))
        mean = np.where(enough, np.maximum(square, 0.0) / np.maximum(count, 1), np.inf)
        best = mean.argmin(axis=1)
        distance = np.sqrt(mean[np.arange(len(mean)), best]).astype(np.float64)
        return np.where(np.isfinite(distance), distance, np.nan), (best - SHIFT_N).astype(np.int64)


@cache
def _counted(n_leads: int) -> F32:
    """The same for all patients."""
    return frozen(_at_all_shifts(np.ones((n_leads, BEAT_N), np.float32)))


@cache
def _counts(n_leads: int) -> F32:
    """(1, 2 SHIFT_N + 1) samples of a beat that is real throughout, of all patients."""
    return frozen(_counted(n_leads).sum(axis=0, keepdims=True))


def _at_all_shifts(rows: F32) -> F32:
    """Without the ends, over which a shift would move: (leads, BEAT_N) to (leads BEAT_N, 2 SHIFT_N + 1)."""
    n = 2 * SHIFT_N
    wide = np.pad(rows[:, SHIFT_N : BEAT_N - SHIFT_N].astype(np.float32), ((0, 0), (n, n)))
    places = np.lib.stride_tricks.sliding_window_view(wide, BEAT_N, axis=1)[:, ::-1]
    return places.transpose(0, 2, 1).reshape(-1, n + 1)
