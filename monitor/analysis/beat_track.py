from typing import Final

import numpy as np

from engine.arrays import I64
from engine.grid import FS_HZ, WINDOW_N
from monitor.pipeline import Hop

INSIDE_N: Final = 3 * FS_HZ
"""A beat is taken from the first window that holds it at least this far from its end."""
SAME_N: Final = round(0.12 * FS_HZ)
"""Peaks this close are one beat, seen by two windows."""


class BeatTrack:
    """R peaks of a whole recording, each beat once, from overlapping windows in order."""

    def __init__(self) -> None:
        self._peaks: list[int] = []
        self._upto = 0
        self._newest: list[int] = []

    def add(self, hop: Hop) -> None:
        """Take the beats that lie well inside this window and did not in the one before."""
        if not hop.beats.n_leads:
            return  # nobody looked: a later window may
        if hop.start_sample > self._upto:
            self._take(self._newest, hop.start_sample)
        self._newest = hop.beats.r_peaks.tolist()
        self._take(self._newest, hop.end_sample - INSIDE_N)

    def finish(self) -> I64:
        """Take the last window to its end and return all peaks, absolute samples."""
        self._take(self._newest, self._upto + WINDOW_N)
        return np.array(self._peaks, np.int64)

    def _take(self, peaks: list[int], upto: int) -> None:
        """Take `peaks` before `upto`; what was taken before may come again a little displaced."""
        for peak in peaks:
            again = bool(self._peaks) and peak - self._peaks[-1] <= SAME_N
            if self._upto - SAME_N <= peak < upto and not again:
                self._peaks.append(peak)
        self._upto = max(self._upto, upto)
