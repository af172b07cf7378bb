"""Where a window is anomalous: three readings of every sample, on one scale."""

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from engine.arrays import F32, F64
from engine.backends.backend import NetworkOutputs
from engine.models.normality import Normality
from engine.preprocess import BEAT_N, MAP_HZ, MAP_N, ModelInput

SHAPE_COMPRESSION_MV: Final = 0.1
SMOOTH_S: Final = 0.12
"""Squared deviations are averaged over this long: a QRS complex is marked as one piece."""
EDGE_N: Final = 4
"""Samples at the ends of a beat that the beat readings leave to the next beat."""
N_PARTS: Final = 3


def error_map(normality: Normality, batch: ModelInput, outputs: NetworkOutputs) -> F32:
    """Anomaly per lead and sample.

    Parameters
    ----------
    normality : Normality
        With the unit of each part of the map.
    batch : ModelInput
        Stacked windows.
    outputs : NetworkOutputs
        What the network said of them.

    Returns
    -------
    (B, 12, MAP_N) float32
        Root mean square of the parts that there are, 1 where normal ECG rarely gets; 0 without signal.

    Notes
    -----
    Restoration errors enter as they are, not divided by the uncertainty the network states: that rises on
    just the beats that should be marked, and hides them. It enters the window's score.
    """
    return join_parts(map_parts(normality, batch, outputs), normality.map_unit).astype(np.float32)


def join_parts(parts: F64, unit: F64) -> F64:
    """(B, 12, MAP_N): parts in their units, averaged over those that say anything of a sample."""
    relative = parts / unit[:, None, :, None]
    joined: F64 = np.sqrt((relative**2).sum(axis=0) / np.maximum((relative > 0).sum(axis=0), 1))
    return joined


def map_parts(normality: Normality, batch: ModelInput, outputs: NetworkOutputs) -> F64:
    """(N_PARTS, B, 12, MAP_N): window restored, beats restored, beats against normal beats."""
    away = (np.arcsinh(batch.beats / SHAPE_COMPRESSION_MV) - normality.beat_mean) / normality.beat_sd
    parts = (
        outputs.window_error.astype(np.float64),
        _onto_window(outputs.beat_error, batch),
        _onto_window(away * batch.beats_valid, batch),
    )
    return np.stack([_smooth_rms(part, batch.valid) for part in parts])


def _onto_window(beats: NDArray[Any], batch: ModelInput) -> F64:
    """Put readings of beats where they belong; the larger magnitude where two beats overlap."""
    window = np.zeros((len(beats), beats.shape[2], MAP_N))
    exist = batch.beats_valid.any(axis=(2, 3))
    for b, k in np.argwhere(exist):
        start = int(batch.beat_starts[b, k])
        low, high = max(0, start + EDGE_N), min(MAP_N, start + BEAT_N - EDGE_N)
        piece = np.abs(beats[b, k, :, low - start : high - start])
        np.maximum(window[b, :, low:high], piece, out=window[b, :, low:high])
    return window


def _smooth_rms(z: F64, valid: F32) -> F64:
    """Root of the moving mean square over valid samples; 0 where not valid."""
    n = round(SMOOTH_S * MAP_HZ) // 2 * 2 + 1
    square, count = _moving_sum(z**2 * valid, n), _moving_sum(valid.astype(np.float64), n)
    rms: F64 = np.sqrt(np.maximum(square, 0) / np.maximum(count, 1)) * valid
    return rms


def _moving_sum(x: F64, n: int) -> F64:
    total = np.cumsum(np.pad(x, ((0, 0), (0, 0), (n // 2 + 1, n // 2))), axis=2)
    moving: F64 = total[..., n:] - total[..., :-n]
    return moving
