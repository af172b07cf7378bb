"""Where a window is anomalous: four readings of every sample, on one scale."""

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from engine.arrays import F32, F64
from engine.backends.backend import NetworkOutputs
from engine.models.features import beat_shape
from engine.models.normality import Normality
from engine.preprocess import BEAT_N, MAP_HZ, MAP_N, ModelInput

SHAPE_COMPRESSION_MV: Final = 0.1
SMOOTH_S: Final = 0.12
"""Squared deviations are averaged over this long: a QRS complex is marked as one piece."""
EDGE_N: Final = 4
"""Samples at the ends of a beat that the beat readings leave to the next beat."""
TYPICAL_COMPRESSION_MV: Final = 0.02
N_PARTS: Final = 4


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
        1 where normal ECG rarely gets; 0 without signal. The larger of the typical beat's reading and the
        root mean square of the other three, as far as there are any.

    Notes
    -----
    Restoration errors enter as they are, not divided by the uncertainty the network states: that rises on
    just the beats that should be marked, and hides them. It enters the window's score.
    """
    return join_parts(map_parts(normality, batch, outputs), normality.map_unit).astype(np.float32)


def join_parts(parts: F64, unit: F64) -> F64:
    """(B, 12, MAP_N): parts in their units, averaged over those that say anything of a sample."""
    relative = parts / unit[:, None, :, None]
    each, typical = relative[:-1], relative[-1]
    n_there = np.maximum((each > 0).sum(axis=0), 1)
    joined: F64 = np.maximum(np.sqrt((each**2).sum(axis=0) / n_there), typical)
    return joined


def map_parts(normality: Normality, batch: ModelInput, outputs: NetworkOutputs) -> F64:
    """(N_PARTS, B, 12, MAP_N): window restored; beats restored; each beat, and the typical beat, against
    normal ones.

    The first three find what passes (a premature beat), the last what stays (a raised ST segment).
    """
    away = (np.arcsinh(batch.beats / SHAPE_COMPRESSION_MV) - normality.beat_mean) / normality.beat_sd
    parts = (
        outputs.window_error.astype(np.float64),
        _onto_window(outputs.beat_error, batch),
        _onto_window(away * batch.beats_valid, batch),
        _onto_window(_typical_away(normality, batch), batch),
    )
    return np.stack([_smooth_rms(part, batch.valid) for part in parts])


def typical_beat(batch: ModelInput) -> F64:
    """(B, 12, BEAT_N) typical beat of each lead, compressed; NaN without one."""
    typical: F64 = np.arcsinh(beat_shape(batch) / TYPICAL_COMPRESSION_MV)
    return typical


def _typical_away(normality: Normality, batch: ModelInput) -> F64:
    """The typical beat's distance from normal ones, at the place of every beat."""
    away = np.nan_to_num((typical_beat(batch) - normality.typical_mean) / normality.typical_sd)
    everywhere: F64 = away[:, None] * batch.beats_valid
    return everywhere


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
