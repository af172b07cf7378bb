from typing import Final

import numpy as np

from engine.arrays import F32, frozen
from engine.leads import N_LEADS
from engine.preprocess import MAP_HZ, MAP_N

SMOOTH_S: Final = 0.12
"""Squared deviations are averaged over this long: a QRS complex is marked as one piece."""
SMOOTH_N: Final = round(SMOOTH_S * MAP_HZ) // 2 * 2 + 1
_BEFORE_N: Final = SMOOTH_N // 2


class Smoother:
    """Moving means of a window's leads over what is valid; its memory is used again and again.

    Leads are padded and lie one behind the other, so that each step is a single pass over all of them.

    Parameters
    ----------
    n_rows : int
        So many (12, MAP_N) there are to smooth.
    """

    def __init__(self, n_rows: int) -> None:
        self._padded, self._mean, self._per_count = _padded(n_rows), np.empty_like(_WHOLE), _WHOLE
        self._sums, self._memory = self._padded, np.zeros((3, self._padded.size), np.float32)
        self.rows = self._padded[:, :, _BEFORE_N : _BEFORE_N + MAP_N]
        """(n_rows, 12, MAP_N) float32, to be filled."""

    def keep(self, valid: F32) -> None:
        """Leave in the rows what is `valid`, (12, MAP_N) float32, 1 or 0, and smooth them."""
        self._per_count = _WHOLE
        if not valid.all():
            self.rows *= valid
            self._per_count, there = _padded(1)[0], _padded(1)
            there[0, :, _BEFORE_N : _BEFORE_N + MAP_N] = valid
            count = np.maximum(self._summed(there)[0, :, :MAP_N], 1)
            np.divide(valid, count, out=self._per_count[:, :MAP_N])
        self._sums = self._summed(self._padded)

    def means(self, row: int) -> F32:
        """(12, MAP_N) float32 of one row; 0 where not valid. Each call overwrites what the last one gave."""
        means: F32 = np.multiply(self._sums[row], self._per_count, out=self._mean)[:, :MAP_N]
        return means

    def _summed(self, padded: F32) -> F32:
        """Sums of `SMOOTH_N` samples, an odd number; behind those of each lead follows what pads it.

        Those of 2, 4, 8, ... samples are made of one another and added up. Unlike differences of a running
        sum, they lose nothing to rounding in float32.
        """
        total, power, spare = self._memory[:, : padded.size]
        so_far, one = padded.reshape(-1), padded.reshape(-1)
        done, width = 1, 1
        while 2 * width <= SMOOTH_N:
            np.add(one[:-width], one[width:], out=power[:-width])
            one, power, spare = power, spare, power
            width *= 2
            if SMOOTH_N & width:
                np.add(so_far[:-done], one[done:], out=total[:-done])
                so_far, done = total, done + width
        sums: F32 = total.reshape(padded.shape)
        return sums


def _padded(n_rows: int) -> F32:
    return np.zeros((n_rows, N_LEADS, MAP_N + SMOOTH_N - 1), np.float32)


def _per_count() -> F32:
    """(12, MAP_N and padding) one over the number of places around each sample, where there are no gaps."""
    per_count = _padded(1)[0]
    per_count[:, :MAP_N] = 1 / np.convolve(np.ones(MAP_N), np.ones(SMOOTH_N), "same")
    return frozen(per_count)


_WHOLE: Final = _per_count()
