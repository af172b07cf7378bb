"""What is measured of a window without a network: the shape of its typical beat, its size, its rhythm."""

from typing import Final

import numpy as np

from engine.arrays import F32, F64
from engine.preprocess import BEAT_N, ModelInput

COMPRESSION_MV: Final = 0.01
"""Of the beat's shape mostly sign and order of magnitude count: that tells an inverted T wave from an upright
one, which plain millivolts drown in the QRS complex."""
LEAD_FEATURES: Final = BEAT_N + 1
RHYTHM_FEATURES: Final = 5
_FLOOR: Final = 0.005
"""Relative RR variations are told apart down to half a percent."""


def beat_shape(batch: ModelInput) -> F64:
    """Sample-wise median of each lead's beats.

    Parameters
    ----------
    batch : ModelInput
        Stacked windows.

    Returns
    -------
    (B, 12, BEAT_N) float64
        mV; NaN in leads without a whole beat.
    """
    real = batch.beats_valid > 0
    ordered = np.sort(np.where(real, batch.beats, np.inf), axis=1)
    n = real.sum(axis=1)
    low = np.take_along_axis(ordered, np.maximum(n - 1, 0)[:, None] // 2, axis=1)[:, 0]
    high = np.take_along_axis(ordered, np.minimum(n // 2, real.shape[1] - 1)[:, None], axis=1)[:, 0]
    whole = (n > 0).all(axis=2, keepdims=True)
    with np.errstate(invalid="ignore"):
        shape: F64 = np.where(whole, (low.astype(np.float64) + high) / 2, np.nan)
    return shape


def lead_features(batch: ModelInput) -> F64:
    """(B, 12, LEAD_FEATURES): each lead's compressed typical beat and log amplitude; NaN without a beat."""
    shape = np.arcsinh(beat_shape(batch) / COMPRESSION_MV)
    size = np.log(batch.scale.astype(np.float64))[:, :, None]
    return np.concatenate((shape, np.where(np.isnan(shape[:, :, :1]), np.nan, size)), axis=2)


def rhythm_features(rr_s: F32) -> F64:
    """Rate and irregularity of RR intervals.

    Parameters
    ----------
    rr_s : (B, n) float32
        Intervals in seconds, NaN where there is none.

    Returns
    -------
    (B, RHYTHM_FEATURES) float64
        Logarithms of: the median interval, the shortest and the longest relative to it, the root mean
        square of successive differences and the standard deviation relative to it; NaN where not
        measurable.
    """
    return np.array([_rhythm(row[np.isfinite(row)].astype(np.float64)) for row in rr_s]).reshape(
        -1, RHYTHM_FEATURES
    )


def _rhythm(rr_s: F64) -> list[float]:
    if rr_s.size < 2:
        return [float(np.log(rr_s[0])) if rr_s.size else np.nan, *[np.nan] * 4]
    median = np.median(rr_s)
    rmssd = np.sqrt(np.mean(np.diff(rr_s) ** 2))
    relative = (
        rr_s.min() / median,
        rr_s.max() / median,
        rmssd / median + _FLOOR,
        rr_s.std() / median + _FLOOR,
    )
    return [float(np.log(value)) for value in (median, *relative)]
