"""Where a window is anomalous: how surprising its readings are, on one scale."""

from typing import Final

import numpy as np

from engine.arrays import F32, F64
from engine.backends.backend import NetworkOutputs
from engine.leads import N_LEADS
from engine.models.normality import Normality
from engine.models.offbeat import offbeat
from engine.models.rarity import Rarity
from engine.models.readings import N_READINGS, shapes
from engine.models.usualsizes import N_SHAPES, UsualSizes
from engine.preprocess import ModelInput

STANDS_OUT: Final = 1.1
"""A map that reaches this says where its window is anomalous; a lower one is raised to it ..."""
MAX_RAISE: Final = 1.5
"""... by this factor at most ..."""
SUSPECT_FROM: Final = 0.7
"""... as far as the window's score lies between this and the threshold, 1."""

_RHYTHM: Final = slice(N_SHAPES, N_READINGS)


class ErrorMap:
    """Makes maps of windows: what it needs of a model's statistics, in the form it needs.

    Parameters
    ----------
    normality : Normality
        With the tables of surprise, and the unit of the map.

    Notes
    -----
    Restoration errors enter relative to their usual size at that phase of the beat, not divided by the
    uncertainty the network states: that rises on just the beats that should be marked, and hides them. It
    enters the window's score.
    """

    def __init__(self, normality: Normality) -> None:
        self._rarity = Rarity(normality)
        self._usual = UsualSizes.of(normality, self._rarity.unit)
        self._rhythm_unit = self._rarity.unit[N_SHAPES:, :, None].astype(np.float32)
        self._scale = (1 / (N_READINGS * normality.map_unit**2)).astype(np.float32)[:, None]

    def of(self, batch: ModelInput, shape: F64, outputs: NetworkOutputs, scores: F64) -> F32:
        """Anomaly per lead and sample.

        Parameters
        ----------
        batch : ModelInput
            Stacked windows.
        shape : (B, 12, BEAT_N) float64
            Their typical beats (`beat_shape`).
        outputs : NetworkOutputs
            What the network said of them.
        scores : (B,) float64
            Of the windows; NaN where there is none.

        Returns
        -------
        (B, 12, MAP_N) float32
            1 where normal ECG rarely gets; 0 without signal. Root mean square of the surprises of the
            readings, raised in windows that are anomalous as a whole: a steady ST elevation is nowhere far
            from normal, and everywhere a little.
        """
        maps = np.empty_like(batch.valid)
        heights, which = offbeat(batch)
        either = which[0] * heights.shape[2] + which[1]
        for i, smoother in enumerate(shapes(self._usual, batch, shape, outputs)):
            one = maps[i]
            early, late = self._rarity.of(_RHYTHM, heights[:, i, None] / self._rhythm_unit) ** 2
            both = (early[:, :, None] + late[:, None]).reshape(N_LEADS, -1)
            both.take(either[i], axis=1, mode="wrap", out=one)
            for reading in range(N_SHAPES):
                surprise = self._rarity.of(reading, np.sqrt(smoother.means(reading)))
                surprise *= surprise
                one += surprise
            one *= self._scale * batch.valid[i]
        return raised(np.sqrt(maps, out=maps), scores)


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
    rarity = Rarity(normality)
    unit = rarity.unit.astype(np.float32)[:, :, None]
    return np.stack(
        [
            np.stack([rarity.of(reading, one / unit[reading]) for one in windows])
            for reading, windows in enumerate(readings)
        ]
    )


def join(surprise: F32) -> F32:
    """(B, 12, MAP_N): root mean square over the readings."""
    joined: F32 = np.sqrt((surprise**2).sum(axis=0) / N_READINGS)
    return joined


def raised(maps: F32, scores: F64) -> F32:
    """(B, 12, MAP_N): maps in which nothing stands out although their window is anomalous, raised, in place,
    until something does.
    """
    suspicion = np.clip((np.nan_to_num(scores) - SUSPECT_FROM) / (1 - SUSPECT_FROM), 0.0, 1.0)
    highest = np.maximum(maps.max(axis=(1, 2)), 1e-6)
    factor = np.clip(STANDS_OUT / highest, 1.0, 1 + (MAX_RAISE - 1) * suspicion)
    maps *= factor.astype(np.float32)[:, None, None]
    return maps
