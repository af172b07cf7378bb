"""Slopes of windows at one scale: the quadratic-spline wavelet transform."""

from typing import Final

import numpy as np

from engine.arrays import F32

HALF_SAMPLE: Final = 0.5
"""Slope k lies between the samples k and k + 1, at every scale."""


def slopes(x: F32, scale: int, more_n: int = 0) -> F32:
    """Transform all leads of windows.

    Parameters
    ----------
    x : (B, n, ...) float32
        mV at `FS_HZ`, without gaps (`engine.filters.bridge`) and without large offsets, which would cost
        single precision.
    scale : int
        The pass bands (-3 dB) of scales 1 to 4 are 62-125, 18-58, 8-27 and 4-13 Hz.
    more_n : int
        So many times the first and the last slope are repeated.

    Returns
    -------
    (B, n + 2 more_n, ...) float32
        mV, proportional to the slope of the signal smoothed to the scale; entry `more_n` + k belongs to the
        time k + `HALF_SAMPLE`. The outermost samples see the signal held beyond its ends.

    Notes
    -----
    Algorithme a trous with the filters of Mallat and Zhong, IEEE Trans. Pattern Anal. Mach. Intell. 14
    (1992), as used for delineation by Martinez et al., IEEE Trans. Biomed. Eng. 51 (2004), whose scales are
    defined at this very rate; here the transform is brought to the signal's own time.
    """
    n = x.shape[1]
    steep = np.empty((len(x), n + 2 * more_n, *x.shape[2:]), np.float32)
    for window, out in zip(x, steep, strict=True):
        _transform(window, scale, out[more_n : more_n + n])
        out[:more_n], out[more_n + n :] = out[more_n], out[more_n + n - 1]
    return steep


def _transform(x: F32, scale: int, out: F32) -> None:
    """Of (n, ...): samples side by side, so that each step is one pass over all leads."""
    start = 3 * 2**scale  # where sample 0 of the window lies
    one = _held(x, start)
    other, m = np.empty_like(one), len(one)
    for step in (2**level for level in range(scale - 1)):
        for _ in range(3):  # 1, 3, 3, 1 is 1, 1 three times; its sum is divided by at the end
            m -= step
            np.add(one[:m], one[step : m + step], out=other[:m])
            one, other = other, one
        start -= 3 * step // 2
    step = 2 ** (scale - 1)
    first = start - step // 2
    np.subtract(one[first + step : first + step + len(x)], one[first : first + len(x)], out=out)
    out *= np.float32(2 * 8.0 ** (1 - scale))


def _held(x: F32, n_more: int) -> F32:
    """Repeat the first and the last of (n, ...) samples, `n_more` times each."""
    n = len(x)
    longer = np.empty((n + 2 * n_more, *x.shape[1:]), np.float32)
    longer[:n_more], longer[n_more + n :] = x[0], x[-1]
    longer[n_more : n_more + n] = x
    return longer
