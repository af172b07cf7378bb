"""Peaks of waves whose ends are known."""

from typing import Final

import numpy as np

from engine.arrays import F32
from engine.delineation.beatrow import REACH_N, BeatRow
from engine.delineation.delineation import Mark
from engine.delineation.segment import SAMPLE_MS, largest, limited, outside, picked
from engine.leads import N_LEADS

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
    np.copyto(marks[peak - 1 : peak + 2], np.nan, where=~known)
    if not known.any():
        return
    ends_n = np.rint(np.where(known, marks[[peak - 1, peak + 1]], 0.0) / SAMPLE_MS).astype(np.int64)
    ends_n = limited(ends_n, -REACH_N, REACH_N - 1)
    # The waves of a beat lie at much the same place in all leads: little more than a wave is looked at.
    from_n = np.minimum.reduce(np.where(known, ends_n[0], REACH_N), axis=1)
    begin, end = np.where(known, ends_n - from_n[:, None], 0).reshape(2, -1)
    piece = row.moved(row.place + from_n).columns(x, 0, int(end.max()) + 1)
    # Lines are drawn over places counted from the earliest wave on.
    first = np.repeat((from_n - ends_n[0].min()).astype(np.float32), N_LEADS)
    start = picked(piece, begin)
    slope = (picked(piece, end) - start) / np.maximum(end - begin, 1).astype(np.float32)
    line = np.arange(len(piece), dtype=np.float32)[:, None] + first
    line *= slope
    piece -= line
    piece -= start - (first + begin.astype(np.float32)) * slope
    np.copyto(piece, 0, where=outside(len(piece), begin, end + 1))
    _, place = largest(np.abs(piece, out=piece))
    place = limited(place, begin, end).reshape(known.shape) + from_n[:, None]
    marks[peak] = np.where(known, place * SAMPLE_MS, np.nan)
