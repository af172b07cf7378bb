"""Stretches of signals cut out around places."""

import numpy as np

from engine.arrays import I64, A
from engine.filters import runs


def stretches(x: A, window: I64, first: I64, n: int) -> A:
    """Cut out the same number of samples from each of some places on.

    Parameters
    ----------
    x : (B, 12, N)
        Contiguous; held beyond its ends.
    window : (m,) int64
        From which window each stretch is cut.
    first : (m,) int64
        Its first sample there; before the beginning or too near the end, too.
    n : int
        Samples, at most N.

    Returns
    -------
    (m, 12, n)
        A copy.
    """
    last = x.shape[2] - 1
    inside = np.minimum(np.maximum(first, 0), last + 1 - n)
    cut = runs(x, n)[window, :, inside]
    for row in np.flatnonzero(first != inside).tolist():
        at = np.minimum(np.maximum(first[row] + np.arange(n), 0), last)
        cut[row] = x[window[row]][:, at]
    return cut  # type: ignore[return-value]
