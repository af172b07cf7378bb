"""Slopes of windows at one scale: the quadratic-spline wavelet transform."""

from typing import Final

import numpy as np

from engine.arrays import F32

HALF_SAMPLE: Final = 0.5
"""Slope k lies between the samples k and k + 1, at every scale."""


def slopes(x: F32, scale: int, held_n: int = 0) -> F32:
    """Transform all leads of windows.

    Parameters
    ----------
    x : (B, n, ...) float32
        mV at `FS_HZ`, without gaps (`engine.filters.bridge`) and without large offsets, which would cost
        single precision.
    scale : int
        The pass bands (-3 dB) of scales 1 to 4 are 62-125, 18-58, 8-27 and 4-13 Hz.
    held_n : int
        So many of the samples at either end repeat the first and the last one of the window.

    Returns
    -------
    (B, n, ...) float32
        mV, proportional to the slope of the signal smoothed to the scale; entry k belongs to the time
        k + `HALF_SAMPLE`. The outermost samples see the signal held beyond its ends; as many slopes as
        samples repeat the first and the last one of the window.

    Notes
    -----
    Algorithme a trous with the filters of Mallat and Zhong, IEEE Trans. Pattern Anal. Mach. Intell. 14
    (1992), as used for delineation by Martinez et al., IEEE Trans. Biomed. Eng. 51 (2004), whose scales are
    defined at this very rate; here the transform is brought to the signal's own time.
    """
    reach = 3 * 2**scale
    inner = slice(held_n, x.shape[1] - held_n)
    seen = slice(max(inner.start - reach, 0), inner.stop + reach)
    steep = np.empty_like(x)
    for window, out in zip(x, steep, strict=True):
        longer = window[seen] if held_n >= reach else _held(window[seen], reach - held_n)
        _transform(longer, scale, out[inner])
        out[: inner.start], out[inner.stop :] = out[inner.start], out[inner.stop - 1]
    return steep


def _transform(x: F32, scale: int, out: F32) -> None:
    """Of (n, ...), longer by 3 * 2**scale at either end: samples side by side, each step a pass over all
    leads.
    """
    m, start, scratch = len(x), 3 * 2**scale, np.empty((2, *x.shape), np.float32)
    for number in range(3 * (scale - 1)):  # 1, 3, 3, 1 is 1, 1 three times; its sum is divided by at the end
        step = 2 ** (number // 3)
        m -= step
        x = np.add(x[:m], x[step : m + step], out=scratch[number % 2, :m])
    step = 2 ** (scale - 1)
    first = start - 3 * (step - 1) // 2 - step // 2
    np.subtract(x[first + step : first + step + len(out)], x[first : first + len(out)], out=out)
    out *= np.float32(2 * 8.0 ** (1 - scale))


def _held(x: F32, n_more: int) -> F32:
    """Repeat the first and the last of (n, ...) samples, `n_more` times each."""
    n = len(x)
    longer = np.empty((n + 2 * n_more, *x.shape[1:]), np.float32)
    longer[:n_more], longer[n_more + n :] = x[0], x[-1]
    longer[n_more : n_more + n] = x
    return longer
