"""Features of stretches of signal that tell fibrillating ventricles from beats, noise and quiet."""

from typing import Final

import numpy as np

from engine.arrays import F32, F64, I64
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
PERIODS_S: Final = (0.15, 0.62)
"""Cycle lengths at which waves may repeat: 400 to 97 per minute."""
NEAR_BEST: Final = 0.9
"""The cycle is the shortest period that repeats nearly as well as the best: not two cycles."""
TINY: Final = 1e-9

FEATURES: Final = ("leak", "still", "slope", "clarity", "size")
"""What `features` measures, in its order."""


def wave_band(x: F64) -> F32:
    """Keep the band of fibrillation, without delay.

    Parameters
    ----------
    x : (n_leads, n) float64
        mV, without gaps and spikes (`engine.filters`).

    Returns
    -------
    (n_leads, n // 2) float32
        mV at `WAVE_HZ`. The signal is continued by its mirror image, so neither edge is a step.
    """
    n = x.shape[1]
    spectrum = np.fft.rfft(np.concatenate((x, x[:, ::-1]), axis=1))[:, : n // 2 + 1]
    f_hz = np.arange(spectrum.shape[1]) * FS_HZ / (2 * n)
    gain = 0.5 * np.exp(-0.5 * (f_hz / HIGH_HZ) ** 2) * (1 - np.exp(-0.5 * (f_hz / LOW_HZ) ** 2))
    banded: F32 = np.fft.irfft(spectrum * gain, n)[:, : n // 2].astype(np.float32)
    return banded


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
    waves = waves - waves.mean(axis=-1, keepdims=True)
    slope = np.abs(np.diff(waves, axis=-1))
    mean_slope, steepest = slope.mean(axis=-1), slope.max(axis=-1)
    m = envelope.shape[-1]
    middle, peaks = m // 2, int(CLEAR_QUANTILE * m)
    ordered = np.partition(envelope, (middle, peaks), axis=-1)
    return np.stack(
        (
            _leak(waves, mean_slope),
            (slope < STILL_SHARE * steepest[..., None]).mean(axis=-1),
            mean_slope / (steepest + TINY),
            np.log((ordered[..., peaks] + TINY) / (ordered[..., middle] + TINY)),
            np.log(np.sqrt((waves**2).mean(axis=-1)) + 1e-3),
        ),
        axis=-1,
    )


def _leak(waves: F32, mean_slope: F32) -> F32:
    size = np.abs(waves)
    m = waves.shape[-1]
    half = np.clip(np.round(np.pi * size.mean(axis=-1) / (mean_slope + TINY)), 1, m // 4).astype(np.int64)
    earlier = np.arange(m) - half[..., None]
    before = np.take_along_axis(waves, np.maximum(earlier, 0), axis=-1)
    known = earlier >= 0
    both = np.sum(size + np.abs(before), axis=-1, where=known)
    leak: F32 = np.sum(np.abs(waves + before), axis=-1, where=known) / (both + TINY)
    return leak


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
        Half of the zero crossings per minute, mean of the leads.
    """
    above = waves > waves.mean(axis=1, keepdims=True)
    crossings = np.count_nonzero(above[:, 1:] != above[:, :-1], axis=1)
    return float(30.0 * WAVE_HZ * crossings.mean() / waves.shape[1])
