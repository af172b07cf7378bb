"""Where the samples of a bed lie on the common grid."""

import math
from typing import Final

import numpy as np

from engine.arrays import F32, Bools
from engine.grid import FS_HZ
from engine.resample import Resampler
from monitor.frame import Frame

BRIDGED_GAP_S: Final = 10.0
"""Up to here a gap goes through the resampler as invalid samples, which keeps its exact phase; after a longer
one it starts anew on the nearest grid sample (2 ms)."""

Piece = tuple[int, F32, Bools]
"""Grid index of the first sample, x (12, m), valid (12, m)."""


class Timeline:
    """Frames of one publisher, in order, to pieces on the grid."""

    def __init__(self, fs_hz: float, grid_start: int) -> None:
        self._fs_hz = fs_hz
        self._resampler = Resampler(fs_hz)
        self._base = grid_start
        self._origin: int | None = None
        self._next_sample = 0
        self.head = grid_start
        """Grid index one past the last sample given out."""

    @property
    def end(self) -> int:
        """Grid index at or after the end of the last sample received, whether or not it has come out yet."""
        received = self._next_sample - (self._origin or 0)
        return max(self.head, self._base + math.ceil(received * FS_HZ / self._fs_hz))

    def head_after(self, n_samples: int) -> int:
        """Where `head` would be after so many more samples."""
        return self.head + self._resampler.n_due(n_samples)

    def push(self, frame: Frame) -> list[Piece]:
        """Return the grid samples that are complete with `frame`."""
        if self._origin is None:
            self._origin = self._next_sample = frame.first_sample
        gap = frame.first_sample - self._next_sample
        pieces: list[Piece] = []
        if gap > BRIDGED_GAP_S * self._fs_hz:
            pieces += self.finish()
            self._base += round((frame.first_sample - self._origin) * FS_HZ / self._fs_hz)
            self.head, self._origin = self._base, frame.first_sample
        elif gap > 0:
            pieces += self._resample(np.zeros((12, gap), np.float32), np.zeros((12, gap), np.bool_))
        self._next_sample = frame.end_sample
        return pieces + self._resample(frame.samples, frame.valid)

    def finish(self) -> list[Piece]:
        """Return the grid samples still inside the resampler."""
        pieces = self._piece(*self._resampler.flush())
        self._resampler.reset()
        return pieces

    def _resample(self, x: F32, valid: Bools) -> list[Piece]:
        return self._piece(*self._resampler.push(x, valid))

    def _piece(self, x: F32, valid: Bools) -> list[Piece]:
        first, n = self.head, int(x.shape[1])
        self.head += n
        return [(first, x, valid)] if n else []
