"""Pieces of signal around beats, and searching along them."""

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from engine.arrays import F32, I64, Bools
from engine.grid import FS_HZ

SAMPLE_MS: Final = 1000.0 / FS_HZ


def around(r_peaks: I64, from_n: int, to_n: int, n: int) -> I64:
    """(n_beats, to_n - from_n) places around each R peak; beyond the window of `n` samples its ends."""
    places: I64 = np.clip(r_peaks[:, None] + np.arange(from_n, to_n), 0, n - 1)
    return places


def middle(values: NDArray[Any], axis: int) -> NDArray[Any]:
    """Median without NaN (the lower middle one); NaN where there is nothing else."""
    ordered = np.sort(values, axis=axis)  # NaN last
    n = np.isfinite(values).sum(axis=axis, keepdims=True)
    return np.take_along_axis(ordered, np.maximum(n - 1, 0) // 2, axis=axis).squeeze(axis)


def dilated(level: F32, reach_n: int) -> F32:
    """Largest value within `reach_n` samples, along the last axis."""
    first, last = level[..., :1].repeat(reach_n, -1), level[..., -1:].repeat(reach_n, -1)
    highest = np.concatenate((first, level, last), axis=-1)
    done, n = 1, 2 * reach_n + 1
    while done < n:
        step = min(done, n - done)
        highest = np.maximum(highest[..., :-step], highest[..., step:])
        done += step
    return highest


def last_before(low: Bools, start: I64) -> I64:
    """Place of the last true entry before `start` along the last axis; -1 without one."""
    at = np.arange(low.shape[-1])
    found: I64 = np.where(low & (at < start[..., None]), at, -1).max(axis=-1)
    return found


def first_after(low: Bools, start: I64) -> I64:
    """Place of the first true entry after `start` along the last axis; the axis' length without one."""
    n = low.shape[-1]
    at = np.arange(n)
    found: I64 = np.where(low & (at > start[..., None]), at, n).min(axis=-1)
    return found
