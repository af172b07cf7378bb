from collections.abc import Iterable
from typing import Final

import numpy as np

from engine.arrays import I64
from engine.grid import FS_HZ
from monitor.pipeline import Hop

INSIDE_N: Final = FS_HZ
"""A beat is taken from the first window that holds it at least this far from its end."""
SAME_N: Final = round(0.12 * FS_HZ)
"""Peaks this close are one beat, seen by two windows."""


class BeatTrack:
    """R peaks of a whole recording, each beat once, from overlapping windows in order."""

    def __init__(self) -> None:
        self._peaks: list[int] = []
        self._upto = 0
        self._newest: tuple[int, ...] = ()

    def add(self, hop: Hop) -> None:
        """Take the beats that lie well inside this window and did not in the one before."""
        end = hop.end_sample - INSIDE_N
        peaks = tuple(hop.beats.r_peaks.tolist())
        self._take(peak for peak in peaks if self._upto - SAME_N <= peak < end)
        self._upto, self._newest = end, peaks

    def finish(self) -> I64:
        """Take the last window to its end and return all peaks, absolute samples."""
        self._take(peak for peak in self._newest if peak >= self._upto - SAME_N)
        self._newest = ()
        return np.array(self._peaks, np.int64)

    def _take(self, peaks: Iterable[int]) -> None:
        for peak in peaks:
            if not self._peaks or peak - self._peaks[-1] > SAME_N:
                self._peaks.append(peak)
