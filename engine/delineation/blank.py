"""QRS complexes out of the way, before P and T waves are looked for."""

from typing import Final

import numpy as np

from engine.arrays import F32, F64, Bools
from engine.delineation.beatrow import BeatRow
from engine.delineation.segment import SAMPLE_MS

BLANK_MS: Final = 8.0
"""The QRS complex and this much on either side give way to a straight line."""


def without_qrs(x: F32, row: BeatRow, onset_ms: F64, offset_ms: F64) -> F32:
    """Draw a straight line from before each QRS complex to after it.

    Parameters
    ----------
    x : (B, 12, n) float32
        mV.
    row : BeatRow
        The m beats of all windows.
    onset_ms, offset_ms : (m, 1) float64
        Of the QRS complexes, from the R peak.
    """
    blank = _blank(row, onset_ms[:, 0], offset_ms[:, 0], (len(x), x.shape[2]))
    # The ends of each window stay, so that no stretch goes from one window into the next.
    edge = np.diff(blank.reshape(-1).view(np.int8), prepend=np.int8(0))
    before, after = np.flatnonzero(edge == 1) - 1, np.flatnonzero(edge == -1)
    n = after - before - 1
    step = np.arange(n.sum()) - np.repeat(np.cumsum(n) - n, n) + 1
    weight = (step / np.repeat(n + 1, n)).astype(np.float32)[:, None]
    window, first, last = before // x.shape[2], before % x.shape[2], after % x.shape[2]
    start, end = x[window, :, first], x[window, :, last]
    calm = x.copy()
    line = np.repeat(start, n, axis=0) * (1 - weight) + np.repeat(end, n, axis=0) * weight
    calm[np.repeat(window, n), :, np.repeat(first, n) + step] = line
    return calm


def _blank(row: BeatRow, onset_ms: F64, offset_ms: F64, shape: tuple[int, int]) -> Bools:
    """(B, n) samples that give way."""
    first = row.place + np.floor((onset_ms - BLANK_MS) / SAMPLE_MS).astype(np.int64) + 1
    last = row.place + np.ceil((offset_ms + BLANK_MS) / SAMPLE_MS).astype(np.int64)
    blank = np.zeros(shape, np.bool_)
    for window, start, end in zip(row.window.tolist(), first.tolist(), last.tolist(), strict=True):
        blank[window, max(start, 1) : max(end, 1)] = True
    blank[:, -1] = False
    return blank
