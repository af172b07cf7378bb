"""Peaks of waves whose ends are known."""

from typing import Final

import numpy as np

from engine.arrays import F32
from engine.delineation.beatrow import REACH_N, BeatRow
from engine.delineation.delineation import Mark
from engine.delineation.segment import SAMPLE_MS, between, largest, limited, picked

MIN_WAVE_MS: Final = 20.0
"""What would be shorter is no wave."""


def mark_peak(x: F32, row: BeatRow, peak: Mark, marks: F32) -> None:
    """Mark where a wave lies farthest from the line between its ends; forget what has not both.

    Parameters
    ----------
    x : (B, n, 12) float32
        mV, held by `REACH_N`.
    row : BeatRow
        The m beats of all windows.
    peak : Mark
        The mark before and the one after it are the wave's ends.
    marks : (9, m, 12) float32
        Changed in place.
    """
    onset_ms, offset_ms = marks[peak - 1], marks[peak + 1]
    known = offset_ms - onset_ms >= MIN_WAVE_MS
    marks[peak - 1 : peak + 2, ~known] = np.nan
    if not known.any():
        return
    ends_n = np.rint(np.where(known, marks[[peak - 1, peak + 1]], 0.0) / SAMPLE_MS).astype(np.int16)
    from_n, to_n = max(int(ends_n[0].min()), -REACH_N), min(int(ends_n[1].max()) + 1, REACH_N)
    piece = row.columns(x, from_n, to_n)
    begin, end = limited(ends_n - np.int16(from_n), 0, to_n - from_n - 1).reshape(2, -1)
    start = picked(piece, begin)
    slope = (picked(piece, end) - start) / np.maximum(end - begin, 1)
    piece -= np.arange(to_n - from_n, dtype=np.float32)[:, None] * slope
    piece -= start - begin * slope
    piece *= between(to_n - from_n, begin, end + 1)
    _, place = largest(np.abs(piece, out=piece))
    place = limited(place, begin, end).reshape(known.shape)
    marks[peak] = np.where(known, (place + from_n) * SAMPLE_MS, np.nan)
