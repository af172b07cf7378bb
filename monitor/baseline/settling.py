"""What alarms are judged by, where a single window says too little."""

from collections import deque
from math import isfinite
from statistics import fmean
from typing import Final

from engine.grid import FS_HZ
from engine.patient.comparison import Comparison
from monitor.baseline.lasting import Lasting

BEGINNING_S: Final = 600.0
"""Where nothing could be learned by then, every window against normal ECG counts again by itself."""
WEAK_SHARE: Final = 0.25
"""A score less than this share above the threshold is weak ..."""
HELD_S: Final = 8.0
HELD_SHARE: Final = 0.75
HELD_LEAST_S: Final = 5.0
"""... and counts if so much of so long lay above the threshold, with so much of it seen. A beat is in sight
of the windows of 9 s: what every third window does not find is no beat."""


class Settling:
    """From the first window of a patient to the baseline, or from the baseline on."""

    def __init__(self) -> None:
        self.beginning = False
        """As `BaselineStatus.beginning`."""
        self.score: float | None = None
        """As `BaselineStatus.settled`."""
        self._lasting = Lasting()
        self._above: deque[tuple[int, bool]] = deque()
        self._begun: int | None = None

    def skip(self) -> None:
        """Note that a window says nothing."""
        self.score = None

    def against_all(self, end_sample: int, score: float) -> None:
        """Take in a window's score against normal ECG, while the patient's own is being learned."""
        if self._begun is None or end_sample < self._begun:
            self._begun = end_sample
        self.beginning = end_sample - self._begun < BEGINNING_S * FS_HZ
        self.score = self._lasting.add(end_sample, score) if self.beginning else None

    def against_own(self, end_sample: int, comparison: Comparison) -> None:
        """Take in how a window compares with the patient's own ECG."""
        self.score = None
        if isfinite(comparison.score):
            stayed = self._lasting.add(end_sample, comparison.staying)
            score = comparison.passing if stayed is None else max(comparison.passing, stayed)
            held = self._has_held(end_sample, score > 1)
            self.score = score if held or score > 1 + WEAK_SHARE else min(score, 1.0)

    def _has_held(self, end_sample: int, above: bool) -> bool:
        """Whether most of the last windows lay above the threshold."""
        self._above.append((end_sample, above))
        while self._above[0][0] <= end_sample - HELD_S * FS_HZ or self._above[0][0] > end_sample:
            self._above.popleft()
        seen_s = (end_sample - self._above[0][0]) / FS_HZ
        return seen_s >= HELD_LEAST_S and fmean(one for _, one in self._above) >= HELD_SHARE
