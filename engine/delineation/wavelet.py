"""Slopes of windows at one scale: the quadratic-spline wavelet transform."""

from typing import Final

import numpy as np

from engine.arrays import F32, A

HALF_SAMPLE: Final = 0.5
"""Slope k lies between the samples k and k + 1, at every scale."""


def slopes(x: F32, scale: int) -> F32:
    """Transform all leads of windows.

    Parameters
    ----------
    x : (..., n) float32
        mV at `FS_HZ`, without gaps (`engine.filters.bridge`) and without large offsets, which would cost
        single precision.
    scale : int
        The pass bands (-3 dB) of scales 1 to 4 are 62-125, 18-58, 8-27 and 4-13 Hz.

    Returns
    -------
    (..., n) float32
        mV, proportional to the slope of the signal smoothed to the scale; entry k belongs to the time
        k + `HALF_SAMPLE`. The outermost samples see the signal held beyond its ends.

    Notes
    -----
    Algorithme a trous with the filters of Mallat and Zhong, IEEE Trans. Pattern Anal. Mach. Intell. 14
    (1992), as used for delineation by Martinez et al., IEEE Trans. Biomed. Eng. 51 (2004), whose scales are
    defined at this very rate; here the transform is brought to the signal's own time.
    """
    start = 3 * 2**scale  # where sample 0 of the window lies
    longer = held(x, start)
    one = longer.reshape(-1)  # all leads in one row: what crosses their borders lies outside of the windows
    other, m = np.empty_like(one), one.size
    for step in (2**level for level in range(scale - 1)):
        for _ in range(3):  # 1, 3, 3, 1 is 1, 1 three times; its sum is divided by at the end
            m -= step
            np.add(one[:m], one[step : m + step], out=other[:m])
            one, other = other, one
        start -= 3 * step // 2
    step = 2 ** (scale - 1)
    np.subtract(one[step:m], one[: m - step], out=other[: m - step])
    first = start - step // 2
    steep: F32 = other.reshape(longer.shape)[..., first : first + x.shape[-1]]
    return steep * np.float32(2 * 8.0 ** (1 - scale))


def held(x: A, n_more: int) -> A:
    """Repeat the first and the last of (..., n) samples, `n_more` times each."""
    n = x.shape[-1]
    longer = np.empty((*x.shape[:-1], n + 2 * n_more), x.dtype)
    longer[..., :n_more], longer[..., n_more + n :] = x[..., :1], x[..., -1:]
    longer[..., n_more : n_more + n] = x
    return longer  # type: ignore[return-value]
