"""The beats of several windows in one row, and the signal around each of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from engine.arrays import F32, I64, A, Bools
from engine.beats import Beats
from engine.grid import WINDOW_N
from engine.quality import Quality
from engine.signals import Signals
from engine.stretch import stretches

REACH_N: Final = 192
"""The signal can be cut out up to so many samples from an R peak, wherever it lies."""


@dataclass(frozen=True, slots=True, eq=False)
class BeatRow:
    """The m beats of B windows, window by window."""

    n: I64
    """(B,) beats of each window."""
    window: I64
    """(m,) which window a beat is of."""
    rank: I64
    """(m,) its number among the beats of its window."""
    place: I64
    """(m,) sample of its R peak in its window."""

    @classmethod
    def counted(cls, n_beats: Sequence[int]) -> "BeatRow":
        """So many beats of each window, all of them still at its start."""
        n = np.array(n_beats, np.int64)
        window = np.repeat(np.arange(n.size), n)
        return cls(n, window, _rank(n, window), np.zeros(window.size, np.int64))

    @classmethod
    def of(cls, signals: Signals, beats: Sequence[Beats]) -> "BeatRow":
        """Line up the beats of windows."""
        row = cls.counted([one.r_peaks.size for one in beats])
        r_peaks = np.concatenate([one.r_peaks for one in beats])
        return row.moved(r_peaks - signals.start[row.window])

    def __len__(self) -> int:
        return self.place.size

    def only(self, where: Bools) -> "BeatRow":
        """Some of the beats, counted anew."""
        window = self.window[where]
        n = np.bincount(window, minlength=self.n.size)
        return BeatRow(n, window, _rank(n, window), self.place[where])

    def moved(self, place: I64) -> "BeatRow":
        """The same beats, at other places of them."""
        return BeatRow(self.n, self.window, self.rank, place)

    @property
    def since_last(self) -> I64:
        """(m,) samples from the beat before; a window's length for its first beat."""
        since = np.empty_like(self.place)
        np.subtract(self.place[1:], self.place[:-1], out=since[1:])
        since[self.rank == 0] = WINDOW_N
        return since

    @property
    def until_next(self) -> I64:
        """(m,) samples to the next beat; a window's length for its last beat."""
        until = np.empty_like(self.place)
        np.subtract(self.place[1:], self.place[:-1], out=until[:-1])
        until[self.rank == self.n[self.window] - 1] = WINDOW_N
        return until

    def cut(self, x: A, from_n: int, to_n: int) -> A:
        """(m, 12, to_n - from_n) samples around each R peak, of signals (B, 12, WINDOW_N), held beyond their
        ends.
        """
        return stretches(x, self.window, self.place + from_n, to_n - from_n)

    def columns(self, x: F32, from_n: int, to_n: int, where: Bools | None = None) -> F32:
        """(to_n - from_n, 12 m) samples around each R peak, a column for each lead of each beat, of signals
        (B, n, 12) held by `REACH_N`; anything beyond that, and the very first sample except `where`
        (to_n - from_n, m).
        """
        at = self.window * x.shape[1] + self.place + REACH_N
        at = at + np.arange(from_n, to_n)[:, None]
        if where is not None:
            at *= where
        rows: F32 = np.take(x.reshape(-1, x.shape[2]), at, axis=0, mode="clip")
        return rows.reshape(to_n - from_n, -1)

    def by_window(self, values: NDArray[Any]) -> NDArray[Any]:
        """(m, ...) to (B, most beats, ...), filled up with NaN."""
        shape = (self.n.size, int(self.n.max(initial=0)), *values.shape[1:])
        spread = np.full(shape, np.nan, values.dtype)
        spread[self.window, self.rank] = values
        return spread

    def sums(self, values: A) -> A:
        """(m, ...) to (B, ...)."""
        return np.stack([of_window.sum(axis=0) for of_window in self.split(values)])  # type: ignore[return-value]

    def split(self, values: A) -> list[A]:
        """(m, ...) to one array (n, ...) for each window."""
        ends = np.cumsum(self.n).tolist()
        return [values[end - n : end] for n, end in zip(self.n.tolist(), ends, strict=True)]  # type: ignore[misc]


def taking_part(signals: Signals, qualities: Sequence[Quality]) -> Bools:
    """(B, 12) leads that are assessable and show anything."""
    leads = np.stack([quality.assessable for quality in qualities])
    broken = leads & ~signals.whole
    if broken.any():
        leads[broken] = signals.received[broken].any(axis=1)
    return leads


def _rank(n: I64, window: I64) -> I64:
    rank: I64 = np.arange(window.size) - (np.cumsum(n) - n)[window]
    return rank
