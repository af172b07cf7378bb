"""What several stages need of a window's signal, made once, for windows of any beds at once."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Final

import numpy as np

from engine.arrays import F32, I64, Bools, for_rows, frozen
from engine.filters import bridge, qrs_envelope, without_spikes
from engine.window import Window

LEVEL_STEP: Final = 25
"""The level of a lead without gaps is the median of every so many-th sample."""


@dataclass(frozen=True, slots=True, eq=False)
class Signals:
    """B windows stacked, and their signals conditioned; leads without any signal are 0 throughout."""

    windows: tuple[Window, ...]
    start: I64
    """(B,) int64, absolute sample of each window's first column."""
    received: Bools
    """(B, 12, WINDOW_N) bool: real, finite samples."""
    whole: Bools
    """(B, 12) bool: leads received throughout."""
    x: F32
    """(B, 12, WINDOW_N) float32, mV, without the electrode's offset and gaps (`engine.filters.bridge`)."""
    calm: F32
    """(B, 12, WINDOW_N) float32, mV: `x` without pacing spikes."""
    envelope: F32
    """(B, 12, WINDOW_N // 2) float32, mV: envelope of the QRS band of `calm`."""

    def __len__(self) -> int:
        return len(self.windows)

    def at(self, rows: Sequence[int]) -> "Signals":
        """Some of the windows; all of them are the same object."""
        if len(rows) == len(self) and all(row == i for i, row in enumerate(rows)):
            return self
        chosen = np.asarray(rows, np.intp)
        arrays = [getattr(self, field.name)[chosen] for field in fields(self)[1:]]
        return Signals(tuple(self.windows[row] for row in rows), *map(frozen, arrays))

    def between(self, first: int, end: int) -> "Signals":
        """Neighbouring windows, without a copy; all of them are the same object."""
        if first <= 0 and end >= len(self):
            return self
        arrays = [getattr(self, field.name)[first:end] for field in fields(self)[1:]]
        return Signals(self.windows[first:end], *arrays)


def condition(windows: Sequence[Window]) -> Signals:
    """Stack windows and condition their signals.

    Parameters
    ----------
    windows : sequence of Window
        At least one, of any beds; any values where they are not valid.

    Returns
    -------
    Signals
        In the order of `windows`.
    """
    x = np.stack([window.x for window in windows])
    received = np.stack([window.valid for window in windows])
    received &= np.isfinite(x)
    whole: Bools = np.logical_and.reduce(received, axis=2)
    there: Bools = np.logical_or.reduce(received, axis=2)
    level = _levels(x, received, whole, there)
    x -= level[..., None]
    if not whole.all():
        x = np.where(received, x, np.float32(0))
    bridged = bridge(x, received)
    calm = for_rows(there, without_spikes, bridged)
    return Signals(
        tuple(windows),
        frozen(np.array([window.start_sample for window in windows], np.int64)),
        frozen(received),
        frozen(whole),
        frozen(bridged),
        frozen(calm),
        frozen(for_rows(there, qrs_envelope, calm)),
    )


def _levels(x: F32, received: Bools, whole: Bools, there: Bools) -> F32:
    """(B, 12) the middle of what was received; 0 where nothing was."""
    some = x[..., ::LEVEL_STEP]
    middle = some.shape[2] // 2
    level: F32 = np.partition(some, middle, axis=2)[..., middle]
    level[~there] = 0.0
    for place in zip(*np.nonzero(there & ~whole), strict=True):
        level[place] = np.median(x[place][received[place]])
    return level
