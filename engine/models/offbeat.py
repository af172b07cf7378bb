"""Beats that come early or late: the rhythm's readings, interval by interval."""

from typing import Final

import numpy as np

from engine.arrays import F32, F64, I64
from engine.models.features import usual_interval_s
from engine.preprocess import BEFORE_R_N, MAP_HZ, MAP_N, ModelInput

MIN_INTERVALS: Final = 3
"""Fewer intervals in a window have no usual one among them."""
_EARLY_S: Final = (0.25, 0.40)
"""A beat that comes early is marked from so long before its R peak (or 0.4 of its interval) to so long after
it."""
_LATE_S: Final = 0.21
"""What comes late is missed from so long before the R peak was due."""


def offbeat(batch: ModelInput) -> tuple[F32, I64]:
    """How early a beat came, around it; how late, from when it was due until it came.

    Parameters
    ----------
    batch : ModelInput
        Stacked windows.

    Returns
    -------
    (2, B, N_BEATS) float32
        What there is to read of early and of late beats: how much each interval differs from the median one,
        as a logarithm, at least 0. The last is 0: of what lies between.
    (2, B, MAP_N) int64
        Which of these every sample reads: the highest whose stretch covers it.
    """
    rr_n = batch.rr_s.astype(np.float64) * MAP_HZ
    known = np.isfinite(rr_n)
    enough = known.sum(axis=1) >= MIN_INTERVALS
    median = np.where(enough, usual_interval_s(batch.rr_s) * MAP_HZ, 1.0)[:, None]
    ratio = np.where(known & enough[:, None], np.log(np.where(known, rr_n, 1.0) / median), 0.0)
    r_peaks = (batch.beat_starts + BEFORE_R_N).astype(np.float64)
    before, after = r_peaks[:, :-1], r_peaks[:, 1:]
    early = after - np.minimum(_EARLY_S[0] * MAP_HZ, 0.4 * np.nan_to_num(rr_n)), after + _EARLY_S[1] * MAP_HZ
    late = before + median - _LATE_S * MAP_HZ, after - _LATE_S * MAP_HZ
    heights = np.zeros((2, len(ratio), ratio.shape[1] + 1))
    np.maximum(-ratio, 0.0, out=heights[0, :, :-1])
    np.maximum(ratio, 0.0, out=heights[1, :, :-1])
    highest = np.stack([_highest(*one) for one in zip(heights, (early, late), strict=True)])
    return heights.astype(np.float32), highest


def _highest(height: F64, stretch: tuple[F64, F64]) -> I64:
    """(B, MAP_N): of the heights (B, n + 1), the highest whose stretch covers a sample; else the last one."""
    bounds = [np.clip(np.ceil(edge), 0, MAP_N).astype(np.int64).tolist() for edge in stretch]
    found = np.full((len(height), MAP_N), height.shape[1] - 1, np.int64)
    rows, intervals = np.nonzero(height > 0)
    order = np.argsort(height[rows, intervals])
    for row, interval in zip(rows[order].tolist(), intervals[order].tolist(), strict=True):
        found[row, bounds[0][row][interval] : bounds[1][row][interval]] = interval
    return found
