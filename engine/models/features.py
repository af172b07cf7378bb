"""What is measured of a window without a network: the shape of its typical beat, its size, its rhythm."""

from math import isfinite, log, nan, sqrt
from typing import Final

import numpy as np

from engine.arrays import F32, F64
from engine.preprocess import BEAT_N, BEFORE_R_N, MODEL_HZ, ModelInput

SIGN_MV: Final = 0.02
"""Features below this are amplitudes, above it signs: they tell an inverted T wave from an upright one, which
plain millivolts drown in the QRS complex."""
SIZE_MV: Final = 0.3
"""Features below this are amplitudes, above it their logarithms."""
STRETCHES: Final = {"P wave": (0, 26), "QRS complex": (22, 42), "ST segment": (34, 60), "T wave": (50, 80)}
"""Overlapping parts of the typical beat (samples at `MODEL_HZ`, of a heart at 60/min), each with a normal
distribution of its own: a distance over the whole beat would drown what a single part shows."""
RATE_POWER: Final = 0.5
"""The beat after the QRS complex lasts as this power of the RR interval (Bazett 1920)."""
RATED_RR_S: Final = (0.4, 1.5)
_SCALED_FROM_S: Final = 0.06
"""So long after the R peak, time begins to depend on the heart rate."""
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
    real = np.where(batch.beats_valid > 0, batch.beats, np.float32(np.inf))
    ordered = np.stack(in_order([real[:, row] for row in range(real.shape[1])]))
    n = batch.beats_valid.sum(axis=1).astype(np.int64)
    at = np.arange(n.size).reshape(n.shape)
    low = ordered.take(np.maximum(n - 1, 0) // 2 * n.size + at)
    high = ordered.take(np.minimum(n // 2, len(ordered) - 1) * n.size + at)
    whole = (n > 0).all(axis=2, keepdims=True)
    with np.errstate(invalid="ignore"):
        shape: F64 = np.where(whole, (low.astype(np.float64) + high) / 2, np.nan)
    return shape


def in_order(rows: list[F32]) -> list[F32]:
    """Arrays sorted, element by element.

    Notes
    -----
    A sorting network (Batcher 1968; Knuth, The Art of Computer Programming 3, algorithm 5.2.2 M): each
    comparison is a pass over whole arrays, where `np.sort` along the first axis gathers place by place.
    """
    rows = list(rows)
    half = step = 1 << max(len(rows) - 1, 1).bit_length() - 1
    while step:
        reach, bit, apart = half, 0, step
        while apart:
            for i in range(len(rows) - apart):
                if i & step == bit:
                    one, other = rows[i], rows[i + apart]
                    rows[i], rows[i + apart] = np.minimum(one, other), np.maximum(one, other)
            reach, bit, apart = reach // 2, step, reach - step
        step //= 2
    return rows


def at_rate_60(shape: F64, rr_s: F32) -> F64:
    """Typical beats as they would be at 60 beats a minute.

    Parameters
    ----------
    shape : (B, 12, BEAT_N) float64
        As from `beat_shape`.
    rr_s : (B, n) float32
        Intervals in seconds, NaN where there is none; without any the beat stays as it is.

    Returns
    -------
    (B, 12, BEAT_N) float64

    Notes
    -----
    From 60 ms after the R peak on, time runs with the square root of the median RR interval, as Bazett's
    QT does: ST segments and T waves of fast and slow hearts come to lie on one another.
    """
    t_s = (np.arange(BEAT_N) - BEFORE_R_N) / MODEL_HZ
    stretched_s = _SCALED_FROM_S + (t_s - _SCALED_FROM_S) * _stretching(rr_s)[:, None]
    at = np.where(t_s > _SCALED_FROM_S, stretched_s, t_s) * MODEL_HZ + BEFORE_R_N
    low = np.minimum(np.maximum(at.astype(np.int64), 0), BEAT_N - 2)
    share = np.minimum(np.maximum(at - low, 0.0), 1.0)[:, None]
    place = BEAT_N * np.arange(shape.size // BEAT_N).reshape(*shape.shape[:2], 1) + low[:, None]
    before, after = shape.take(place), shape.take(place + 1)
    scaled: F64 = before + share * (after - before)
    return scaled


def _stretching(rr_s: F32) -> F64:
    """(B,) durations relative to those at 60/min; 1 where no interval is known."""
    usual = usual_interval_s(rr_s)
    stretching: F64 = np.clip(np.where(np.isfinite(usual), usual, 1.0), *RATED_RR_S) ** RATE_POWER
    return stretching


def usual_interval_s(rr_s: F32) -> F64:
    """(B,) median of the intervals (B, n) there are; NaN without any."""
    n = np.isfinite(rr_s).sum(axis=1)
    ordered = np.sort(rr_s.astype(np.float64), axis=1)  # NaN last
    row = np.arange(len(n))
    low, high = ordered[row, np.maximum(n - 1, 0) // 2], ordered[row, np.minimum(n // 2, rr_s.shape[1] - 1)]
    usual: F64 = (low + high) / 2
    return usual


def stretch_features(batch: ModelInput, shape: F64 | None = None) -> tuple[F64, ...]:
    """What each of the `STRETCHES` of each lead's typical beat looks like.

    Parameters
    ----------
    batch : ModelInput
        Stacked windows.
    shape : (B, 12, BEAT_N) float64, optional
        Their typical beats, where they are already known (`beat_shape`).

    Returns
    -------
    tuple of (B, 12, f) float64
        Signs and sizes, sample by sample, and the logarithm of the lead's amplitude; NaN in leads without a
        whole beat.
    """
    shape = at_rate_60(beat_shape(batch) if shape is None else shape, batch.rr_s)
    shape = np.where(batch.leads[:, :, None], shape, np.nan)
    sign, size = np.tanh(shape / SIGN_MV), np.arcsinh(shape / SIZE_MV)
    amplitude = np.log(batch.scale.astype(np.float64))[:, :, None]
    return tuple(
        np.concatenate((sign[:, :, start:stop], size[:, :, start:stop], amplitude), axis=2)
        for start, stop in STRETCHES.values()
    )


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
    known = np.isfinite(rr_s)
    n = known.sum(axis=1)
    there = np.arange(rr_s.shape[1]) < n[:, None]
    first = np.argsort(~known, axis=1, kind="stable")
    rr = np.where(there, rr_s.astype(np.float64)[np.arange(len(n))[:, None], first], 0.0)
    mean = rr.sum(axis=1) / np.maximum(n, 1)
    away, steps = (rr - mean[:, None]) * there, (rr[:, 1:] - rr[:, :-1]) * there[:, 1:]
    usual = usual_interval_s(rr_s)
    features = np.stack(
        (
            usual,
            np.where(there, rr, np.inf).min(axis=1) / usual,
            rr.max(axis=1) / usual,
            np.sqrt((steps**2).sum(axis=1) / np.maximum(n - 1, 1)) / usual + _FLOOR,
            np.sqrt((away**2).sum(axis=1) / np.maximum(n, 1)) / usual + _FLOOR,
        ),
        axis=1,
    )
    features[n < 2, 1:] = np.nan
    logarithms: F64 = np.log(features)
    return logarithms


def irregularity(rr_s: F32) -> float:
    """The last of the `rhythm_features` of one window's intervals (n,): alone, and without arrays."""
    rr = sorted(one for one in rr_s.tolist() if isfinite(one))
    n = len(rr)
    if n < 2:
        return nan
    mean, usual = sum(rr) / n, (rr[(n - 1) // 2] + rr[n // 2]) / 2
    return log(sqrt(sum((one - mean) ** 2 for one in rr) / n) / usual + _FLOOR)
