"""What has lasted: a reading as it was for most of the last minute."""

from collections import deque
from statistics import median
from typing import Final

from engine.grid import FS_HZ

SPAN_S: Final = 60.0
LEAST_S: Final = 30.0
"""Nothing has lasted that was not looked at for so long."""


class Lasting:
    """The median of one reading over the windows of the last minute."""

    def __init__(self) -> None:
        self._seen: deque[tuple[int, float]] = deque()

    def add(self, end_sample: int, reading: float) -> float | None:
        """Take a window into account; give the median, or None where too little was seen for one.

        A window that ends before the last one begins everything anew: its samples are counted otherwise.
        """
        if self._seen and end_sample < self._seen[-1][0]:
            self._seen.clear()
        self._seen.append((end_sample, reading))
        while self._seen[0][0] <= end_sample - SPAN_S * FS_HZ:
            self._seen.popleft()
        if end_sample - self._seen[0][0] < LEAST_S * FS_HZ:
            return None
        return median(value for _, value in self._seen)
