"""QRS complexes out of the way, before P and T waves are looked for."""

from typing import Final

import numpy as np

from engine.arrays import F32, F64, Bools
from engine.delineation.beatrow import REACH_N, BeatRow
from engine.delineation.segment import SAMPLE_MS

BLANK_MS: Final = 8.0
"""The QRS complex and this much on either side give way to a straight line."""


def blank_qrs(x: F32, row: BeatRow, onset_ms: F64, offset_ms: F64) -> None:
    """Draw a straight line from before each QRS complex to after it.

    Parameters
    ----------
    x : (B, n, 12) float32
        mV, held by `REACH_N`; changed in place.
    row : BeatRow
        The m beats of all windows.
    onset_ms, offset_ms : (m, 1) float64
        Of the QRS complexes, from the R peak.
    """
    blank = _blank(row, onset_ms[:, 0], offset_ms[:, 0], x.shape[:2])
    # The ends of each window stay, so that no stretch goes from one window into the next.
    change = np.flatnonzero(blank.reshape(-1)[1:] != blank.reshape(-1)[:-1])
    before, after = change[::2], change[1::2] + 1
    n = after - before - 1
    step = np.arange(n.sum()) - np.repeat(np.cumsum(n) - n, n) + 1
    weight = (step / np.repeat(n + 1, n)).astype(np.float32)[:, None]
    rows = x.reshape(-1, x.shape[2])
    start, end = rows[before], rows[after]
    rows[np.repeat(before, n) + step] = (
        np.repeat(start, n, axis=0) * (1 - weight) + np.repeat(end, n, axis=0) * weight
    )


def _blank(row: BeatRow, onset_ms: F64, offset_ms: F64, shape: tuple[int, int]) -> Bools:
    """(B, n) samples that give way."""
    place = row.place + REACH_N
    first = place + np.floor((onset_ms - BLANK_MS) / SAMPLE_MS).astype(np.int64) + 1
    last = place + np.ceil((offset_ms + BLANK_MS) / SAMPLE_MS).astype(np.int64)
    blank = np.zeros(shape, np.bool_)
    for window, start, end in zip(row.window.tolist(), first.tolist(), last.tolist(), strict=True):
        blank[window, start:end] = True
    blank[:, : REACH_N + 1] = blank[:, -REACH_N - 1 :] = False
    return blank
