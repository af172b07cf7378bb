"""Slopes of a window at one scale: the quadratic-spline wavelet transform."""

from typing import Final

import numpy as np

from engine.arrays import F32

HALF_SAMPLE: Final = 0.5
"""Slope k lies between the samples k and k + 1, at every scale."""


def slopes(x: F32, scale: int) -> F32:
    """Transform all leads of a window.

    Parameters
    ----------
    x : (n_leads, n) float32
        mV at `FS_HZ`, without gaps (`engine.filters.bridge`) and without large offsets, which would cost
        single precision.
    scale : int
        The pass bands (-3 dB) of scales 1 to 4 are 62-125, 18-58, 8-27 and 4-13 Hz.

    Returns
    -------
    (n_leads, n) float32
        mV, proportional to the slope of the signal smoothed to the scale; entry k belongs to the time
        k + `HALF_SAMPLE`. The outermost samples see the signal held beyond its ends.

    Notes
    -----
    Algorithme a trous with the filters of Mallat and Zhong, IEEE Trans. Pattern Anal. Mach. Intell. 14
    (1992), as used for delineation by Martinez et al., IEEE Trans. Biomed. Eng. 51 (2004), whose scales are
    defined at this very rate; here the transform is brought to the signal's own time.
    """
    n = x.shape[1]
    start = 3 * 2**scale  # where sample 0 of the window lies in `smooth`
    smooth = np.pad(x, ((0, 0), (start, start)), mode="edge")
    for step in (2**level for level in range(scale - 1)):
        m = smooth.shape[1] - 3 * step
        inner = smooth[:, step : m + step] + smooth[:, 2 * step : m + 2 * step]
        smooth = np.float32(0.125) * (smooth[:, :m] + smooth[:, 3 * step :]) + np.float32(0.375) * inner
        start -= 3 * step // 2
    step = 2 ** (scale - 1)
    first = start - step // 2
    steep: F32 = 2 * (smooth[:, first + step : first + step + n] - smooth[:, first : first + n])
    return steep
