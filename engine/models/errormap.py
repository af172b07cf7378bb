"""Where a window is anomalous: how surprising its readings are, on one scale."""

from typing import Final

import numpy as np

from engine.arrays import F32, F64
from engine.backends.backend import NetworkOutputs
from engine.models.normality import Normality
from engine.models.readings import N_READINGS, read
from engine.preprocess import ModelInput

STANDS_OUT: Final = 1.1
"""A map that reaches this says where its window is anomalous; a lower one is raised to it ..."""
MAX_RAISE: Final = 1.5
"""... by this factor at most ..."""
SUSPECT_FROM: Final = 0.7
"""... as far as the window's score lies between this and the threshold, 1."""


def error_map(normality: Normality, batch: ModelInput, outputs: NetworkOutputs, scores: F64) -> F32:
    """Anomaly per lead and sample.

    Parameters
    ----------
    normality : Normality
        With the tables of surprise, and the unit of the map.
    batch : ModelInput
        Stacked windows.
    outputs : NetworkOutputs
        What the network said of them.
    scores : (B,) float64
        Of the windows; NaN where there is none.

    Returns
    -------
    (B, 12, MAP_N) float32
        1 where normal ECG rarely gets; 0 without signal. Root mean square of the surprises of the readings,
        raised in windows that are anomalous as a whole: a steady ST elevation is nowhere far from normal, and
        everywhere a little.

    Notes
    -----
    Restoration errors enter relative to their usual size at that phase of the beat, not divided by the
    uncertainty the network states: that rises on just the beats that should be marked, and hides them. It
    enters the window's score.
    """
    joined = join(surprises(normality, read(normality, batch, outputs)))
    return raised(joined / normality.map_unit.astype(np.float32)[:, None], scores)


def surprises(normality: Normality, readings: F32) -> F32:
    """How rare each reading is in its lead of normal ECG, -log10 of the share that lies above it.

    Parameters
    ----------
    normality : Normality
        `surprise_top` (N_READINGS, 12), a reading that one in ten thousand normal samples exceeds, and
        `surprise` (N_READINGS, 12, n), the surprise of n readings from 0 to there, evenly spaced by their
        square root.
    readings : (N_READINGS, B, 12, MAP_N) float32
        As from `read`.

    Returns
    -------
    (N_READINGS, B, 12, MAP_N) float32
        Beyond the table in proportion to the reading.
    """
    table = normality.surprise.astype(np.float32)
    n = table.shape[2] - 1
    relative = readings / normality.surprise_top.astype(np.float32)[:, None, :, None]
    steps = np.sqrt(np.minimum(relative, 1.0)) * n
    row = np.arange(table.shape[0] * table.shape[1]).reshape(table.shape[0], 1, table.shape[1], 1) * (n + 1)
    low = np.minimum(steps.astype(np.int64), n - 1)
    flat = table.reshape(-1)
    below = flat[row + low]
    inside = below + (steps - low) * (flat[row + low + 1] - below)
    found: F32 = inside * np.maximum(relative, 1.0)
    return found


def join(surprise: F32) -> F32:
    """(B, 12, MAP_N): root mean square over the readings."""
    joined: F32 = np.sqrt((surprise**2).sum(axis=0) / N_READINGS)
    return joined


def raised(maps: F32, scores: F64) -> F32:
    """(B, 12, MAP_N): maps in which nothing stands out although their window is anomalous, raised until
    something does.
    """
    suspicion = np.clip((np.nan_to_num(scores) - SUSPECT_FROM) / (1 - SUSPECT_FROM), 0.0, 1.0)
    highest = np.maximum(maps.max(axis=(1, 2)), 1e-6)
    factor = np.clip(STANDS_OUT / highest, 1.0, 1 + (MAX_RAISE - 1) * suspicion)
    higher: F32 = maps * factor.astype(np.float32)[:, None, None]
    return higher
