"""Features of stretches of signal that tell fibrillating ventricles from beats, noise and quiet."""

from functools import lru_cache
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from scipy.fft import dct, idct

from engine.arrays import F32, I64, frozen
from engine.filters import ENVELOPE_HZ
from engine.grid import FS_HZ

WAVE_HZ: Final = ENVELOPE_HZ
"""Samples per second of waves."""

LOW_HZ: Final = 0.9
HIGH_HZ: Final = 22.0
"""Band in which fibrillation lives, with edges of Gaussian shape: below is wander, above muscle."""
STILL_SHARE: Final = 0.1
"""A moment is still where the slope is below this share of the steepest."""
CLEAR_QUANTILE: Final = 0.97
"""QRS complexes take up at least the rest of the time."""
CLEAR_STEP: Final = 2
"""Of the envelope, which holds no more, every so many-th value."""
PERIODS_S: Final = (0.15, 0.62)
"""Cycle lengths at which waves may repeat: 400 to 97 per minute."""
NEAR_BEST: Final = 0.9
"""The cycle is the shortest period that repeats nearly as well as the best: not two cycles."""
BEYOND: Final = np.float32(0.25)
TINY: Final = np.float32(1e-9)

FEATURES: Final = ("leak", "still", "slope", "clarity", "size")
"""What `features` measures, in its order."""


def wave_band(x: F32) -> F32:
    """Keep the band of fibrillation, without delay.

    Parameters
    ----------
    x : (..., n) float32
        mV, near zero, without gaps and spikes (`engine.signals.Signals.calm`); n even.

    Returns
    -------
    (..., n // 2) float32
        mV at `WAVE_HZ`, each value between two samples. The signal is continued by its mirror image, which is
        what a cosine transform does, so neither edge is a step.
    """
    n = x.shape[-1]
    spectrum = dct(x)[..., : n // 2]
    spectrum *= _gain(n)
    banded: F32 = idct(spectrum, overwrite_x=True)
    return banded


@lru_cache
def _gain(n: int) -> F32:
    f_hz = np.arange(n // 2) * FS_HZ / (2 * n)
    gain = np.exp(-0.5 * (f_hz / HIGH_HZ) ** 2) * (1 - np.exp(-0.5 * (f_hz / LOW_HZ) ** 2))
    return frozen((0.5 * gain).astype(np.float32))  # half as many values: half the scale


def features(waves: F32, envelope: F32) -> F32:
    """Measure stretches of any length from one second on.

    Parameters
    ----------
    waves : (..., m) float32
        Stretches of `wave_band`, mV.
    envelope : (..., m) float32
        The same stretches of `engine.filters.qrs_envelope`, mV.

    Returns
    -------
    (..., 5) float32
        `leak`: what remains when the signal is added to itself half a mean period later, 0 for a sine wave, 1
        for beats (Kuo and Dillman, Computer detection of ventricular fibrillation, Computers in Cardiology
        1978). `still`: share of the time with hardly any slope: the line between beats. `slope`: mean slope
        as a share of the steepest, large where no QRS complex is steeper than the rest. Both are of the kind
        of Jekova and Krasteva, Physiol. Meas. 25 (2004), who count samples beyond shares of the largest.
        `clarity`: how far the QRS band's peaks stand out of its middle, log. `size`: rms, log mV.
    """
    m = waves.shape[-1]
    waves = waves - _mean(waves)[..., None]
    slope = np.abs(waves[..., 1:] - waves[..., :-1])
    mean_slope, steepest = _mean(slope), slope.max(axis=-1)
    size = np.abs(waves)
    some = envelope[..., ::CLEAR_STEP]
    middle, peaks = some.shape[-1] // 2, int(CLEAR_QUANTILE * some.shape[-1])
    ordered = np.sort(some, axis=-1)  # faster than two partitions
    return np.stack(
        (
            _leak(waves, size, mean_slope),
            _mean((slope < np.float32(STILL_SHARE) * steepest[..., None]).view(np.uint8)),
            mean_slope / (steepest + TINY),
            np.log((ordered[..., peaks] + TINY) / (ordered[..., middle] + TINY)),
            np.log(np.sqrt(np.einsum("...m,...m->...", waves, waves) / np.float32(m)) + np.float32(1e-3)),
        ),
        axis=-1,
    )


def _mean(x: NDArray[Any]) -> F32:
    """Mean over the last axis, without the detours of `ndarray.mean`."""
    total: F32 = np.add.reduce(x, axis=-1, dtype=np.float32)
    return total / np.float32(x.shape[-1])


def _leak(waves: F32, size: F32, mean_slope: F32) -> F32:
    """What remains of each row when it is added to itself half a mean period earlier."""
    m = waves.shape[-1]
    half = np.clip(np.round(np.pi * _mean(size) / (mean_slope + TINY)), 1, m // 4).astype(np.int64)
    rows, lags = waves.reshape(-1, m), half.reshape(-1)
    both = np.zeros_like(rows)
    for row, sums, lag in zip(rows, both, lags.tolist(), strict=True):
        np.add(row[lag:], row[:-lag], out=sums[lag:])
    remains = np.add.reduce(np.abs(both, out=both), axis=1)
    parts = np.arange(0, rows.size, m)[:, None] + np.stack((0 * lags, lags, m - lags), axis=1)
    head, middle, tail = np.add.reduceat(size.reshape(-1), parts.reshape(-1)).reshape(-1, 3).T
    leak: F32 = remains / (head + 2 * middle + tail + TINY)
    return leak.reshape(half.shape)


def repetition(waves: F32) -> tuple[float, float]:
    """How regularly the leads together repeat themselves, and how often.

    Parameters
    ----------
    waves : (n_leads, m) float32
        One stretch of `wave_band`.

    Returns
    -------
    regularity : float
        Highest autocorrelation at `PERIODS_S` beyond its first descent through zero, mean of the leads, up
        to 1.
    rate_bpm : float
        At the shortest period that comes close to it; 0 if it nowhere rises above zero.
    """
    m = waves.shape[1]
    power = np.abs(np.fft.rfft(waves, 2 * m)) ** 2
    raw = np.fft.irfft(power)[:, : m // 2]
    r = (raw / (raw[:, :1] + TINY)).mean(axis=0) * m / np.arange(m, m - m // 2, -1)  # unbiased
    first, last = (round(period_s * WAVE_HZ) for period_s in PERIODS_S)
    lags: I64 = np.flatnonzero(np.minimum.accumulate(r[: last + 1]) < 0)
    lags = lags[lags >= first]
    if not lags.size or r[lags].max() <= 0:
        return 0.0, 0.0
    best = float(r[lags].max())
    near = lags[(r[lags] >= NEAR_BEST * best) & (r[lags] >= r[lags - 1]) & (r[lags] >= r[lags + 1])]
    period = int(near[0] if near.size else lags[r[lags].argmax()])
    return min(best, 1.0), 60.0 * WAVE_HZ / period


def crossings_bpm(waves: F32) -> float:
    """Rate of waves that need not be regular.

    Parameters
    ----------
    waves : (n_leads, m) float32
        One stretch of `wave_band`.

    Returns
    -------
    float
        Half of the zero crossings per minute, mean of the leads. A crossing counts when the signal gets
        `BEYOND` times its rms to the other side: a notch or a hump on a wave is no wave.
    """
    centred = waves - _mean(waves)[:, None]
    beyond = BEYOND * np.sqrt(_mean(centred**2))[:, None]
    side = np.where(centred > beyond, 1, np.where(centred < -beyond, -1, 0))
    crossings = [np.count_nonzero(np.diff(row[row != 0])) for row in side]
    return 30.0 * WAVE_HZ * sum(crossings) / waves.size
