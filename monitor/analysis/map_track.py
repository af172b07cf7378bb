import numpy as np

from engine.arrays import F32
from engine.grid import FS_HZ
from engine.leads import N_LEADS
from engine.preprocess import MAP_HZ, MAP_N
from monitor.pipeline import Hop


class MapTrack:
    """The score map of a whole recording: the mean of the assessed windows that overlap at each place."""

    def __init__(self, duration_s: float) -> None:
        n = round(duration_s * MAP_HZ) + 2 * MAP_N
        self._sum = np.zeros((N_LEADS, n), np.float32)
        self._n_windows = np.zeros(n, np.float32)

    def add(self, hop: Hop) -> None:
        """Add one window, if it was assessed."""
        start = round(hop.start_sample * MAP_HZ / FS_HZ)
        if hop.score.assessed and start >= 0:
            self._sum[:, start : start + MAP_N] += hop.score.map
            self._n_windows[start : start + MAP_N] += 1

    def at_rate(self, fs_hz: float, n: int) -> F32:
        """(12, n) at the recording's own rate, linear between map samples; 0 where nothing was assessed."""
        mean = self._sum / np.maximum(self._n_windows, 1)
        at = np.arange(n) * (MAP_HZ / fs_hz)
        return np.stack([np.interp(at, np.arange(mean.shape[1]), row) for row in mean]).astype(np.float32)
