"""Slow drift: where the last ten minutes lie, as against single windows."""

from collections import deque
from typing import Final

import numpy as np

from engine.arrays import F64
from engine.grid import FS_HZ
from engine.patient.comparison import Comparison

SPAN_S: Final = 600.0
EVERY_S: Final = 5.0
HALF_LIFE_S: Final = 200.0
MIN_SPAN_S: Final = 300.0
"""Nothing is said of drift before so much signal was seen."""
TYPICAL_BOUND: Final = 3.0
"""Beats' median distance from the usual beat, relative to the usual one."""
RISE_BOUND: Final = 1.0
"""Score against all people above the patient's usual one."""


class Drift:
    """Exponentially weighted medians of the slow readings over ten minutes of windows."""

    def __init__(self) -> None:
        self._seen: deque[tuple[int, float, float]] = deque()
        self.value = 0.0
        """Largest reading in its bound; 1 is the bound."""

    def add(self, end_sample: int, comparison: Comparison) -> None:
        """Take a window into account, if enough time has passed since the last one that was."""
        if not np.isfinite(comparison.typical):
            return
        if self._seen and 0 <= end_sample - self._seen[-1][0] < EVERY_S * FS_HZ:
            return
        self._seen.append((end_sample, comparison.typical, comparison.rise))
        while self._seen[0][0] < end_sample - SPAN_S * FS_HZ or self._seen[0][0] > end_sample:
            self._seen.popleft()
        if end_sample - self._seen[0][0] >= MIN_SPAN_S * FS_HZ:
            ends, typical, rise = np.array(self._seen).T
            weight = 0.5 ** ((end_sample - ends) / (HALF_LIFE_S * FS_HZ))
            self.value = max(
                weighted_median(typical, weight) / TYPICAL_BOUND, weighted_median(rise, weight) / RISE_BOUND
            )


def weighted_median(values: F64, weight: F64) -> float:
    """Value below and above which the halves of the weight lie."""
    order = np.argsort(values, kind="stable")
    below = np.cumsum(weight[order])
    return float(values[order][np.searchsorted(below, 0.5 * below[-1])])
