"""Where a window differs from what is usual for its patient."""

from typing import Final

import numpy as np

from engine.arrays import F32, F64
from engine.preprocess import BEAT_N, MAP_HZ, MAP_N, ModelInput

SMOOTH_S: Final = 0.12
"""Squared deviations are averaged over this long: a QRS complex is marked as one piece."""
EDGE_N: Final = 4
"""Samples at the ends of a beat that are left to the next beat."""
MARKED_SPREADS: Final = 5.0
"""Deviation from the usual beat (root mean square over `SMOOTH_S`, in spreads) that the map shows as 1."""


def own_map(away: F64, prepared: ModelInput) -> F32:
    """Deviation of every beat from the usual one, at its place.

    Parameters
    ----------
    away : (N_BEATS, 12, BEAT_N) float64
        Deviation of the window's beats from the usual beat (`UsualBeat.away`).
    prepared : ModelInput
        The window, not stacked.

    Returns
    -------
    (12, MAP_N) float32
        1 at `MARKED_SPREADS`; 0 between beats, without signal, and in leads that were not learned.
    """
    window = np.zeros((away.shape[1], MAP_N))
    for beat, start in zip(np.abs(away), prepared.beat_starts.tolist(), strict=True):
        low, high = max(0, start + EDGE_N), min(MAP_N, start + BEAT_N - EDGE_N)
        if high > low and beat.any():
            piece = beat[:, low - start : high - start]
            np.maximum(window[:, low:high], piece, out=window[:, low:high])
    return (_smooth(window, prepared.valid) / MARKED_SPREADS).astype(np.float32)


def _smooth(z: F64, valid: F32) -> F64:
    """Root of the moving mean square over valid samples; 0 where not valid."""
    n = round(SMOOTH_S * MAP_HZ) // 2 * 2 + 1
    square, count = _moving_sum(z**2 * valid, n), _moving_sum(valid.astype(np.float64), n)
    rms: F64 = np.sqrt(np.maximum(square, 0) / np.maximum(count, 1)) * (valid > 0)
    return rms


def _moving_sum(x: F64, n: int) -> F64:
    total = np.cumsum(np.pad(x, ((0, 0), (n // 2 + 1, n // 2))), axis=1)
    moving: F64 = total[:, n:] - total[:, :-n]
    return moving
