"""Searching along pieces of signal, and medians of what was found."""

from functools import cache
from typing import Any, Final, TypeVar

import numpy as np
from numpy.typing import NDArray

from engine.arrays import F32, I64, Bools, frozen
from engine.grid import FS_HZ

N = TypeVar("N", bound=NDArray[Any])
Bytes = NDArray[np.uint8]

SAMPLE_MS: Final = 1000.0 / FS_HZ


def middle(values: NDArray[Any], axis: int) -> NDArray[Any]:
    """Median without NaN (the lower middle one); NaN where there is nothing else."""
    last = values if axis == values.ndim - 1 else np.moveaxis(values, axis, -1)
    ordered = np.sort(last, axis=-1)  # NaN last
    if not ordered.shape[-1]:
        return np.full(ordered.shape[:-1], np.nan, values.dtype)
    rows = ordered.reshape(-1, ordered.shape[-1])
    n = np.add.reduce(~np.isnan(rows), axis=1, dtype=np.intp)
    medians: NDArray[Any] = rows[np.arange(len(rows)), np.maximum(n - 1, 0) // 2]
    return medians.reshape(ordered.shape[:-1])


def limited(x: N, low: NDArray[Any] | float, high: NDArray[Any] | float) -> N:
    """Bring values between two others; `np.clip` takes four times as long for a few of them."""
    within: N = np.minimum(np.maximum(x, low), high)
    return within


def picked(x: F32, place: I64) -> F32:
    """(M,) values of (k, M) at one place of each column."""
    value: F32 = x.reshape(-1).take(place * x.shape[1] + np.arange(x.shape[1]))
    return value


def largest(x: F32) -> tuple[F32, I64]:
    """(M,) largest value of each column of (k, M), and its place."""
    highest = np.maximum.reduce(x, axis=0)
    return highest, first_true(x == highest, 0)


def first_true(where: Bools, default: int) -> I64:
    """(M,) place of the first true entry of each column of (k, M)."""
    k = len(where)
    from_end = np.maximum.reduce(where.view(np.uint8) * _numbered(k)[::-1], axis=0)
    return np.where(from_end > 0, k - from_end.astype(np.int64), default)


def last_true(where: Bools, default: int) -> I64:
    """(M,) place of the last true entry of each column of (k, M)."""
    found = np.maximum.reduce(where.view(np.uint8) * _numbered(len(where)), axis=0)
    return np.where(found > 0, found.astype(np.int64) - 1, default)


def free_before(busy: Bools, start: I64) -> I64:
    """(M,) last place of each column of (k, M) before `start` that is not busy; 0 without one.

    k is below 256 here and in `free_after`.
    """
    back = (start - 1).astype(np.uint8) - _places(len(busy))
    nearest = _least_free(back, busy)
    place: I64 = np.where(nearest < start, start - 1 - nearest, 0)
    return place


def free_after(busy: Bools, start: I64) -> I64:
    """(M,) first place of each column of (k, M) after `start` that is not busy; the last one without any."""
    on = _places(len(busy)) - (start + 1).astype(np.uint8)
    place: I64 = np.minimum(start + 1 + _least_free(on, busy), len(busy) - 1)
    return place


def _least_free(away: Bytes, busy: Bools) -> I64:
    """(M,) least of each column of (k, M) that is not busy. Unsigned numbers: the wrong side is far away."""
    away |= np.negative(busy.view(np.uint8))
    least: I64 = np.minimum.reduce(away, axis=0).astype(np.int64)
    return least


def outside(k: int, first: I64, end: I64) -> Bools:
    """(k, M) places of each column before `first` (M,) and from `end` on."""
    place = _places(k)
    beyond: Bools = place - first.astype(place.dtype) >= np.maximum(end - first, 0).astype(place.dtype)
    return beyond


def reached(steep: F32, limit: F32, near_n: int) -> Bools:
    """(k, M) whether slopes reach a limit (M,) within so many places."""
    high = np.zeros((len(steep) + 2 * near_n, steep.shape[1]), np.bool_)
    np.greater_equal(steep, limit, out=high[near_n : near_n + len(steep)])
    done, n = 1, 2 * near_n + 1
    while done < n:
        step = min(done, n - done)
        high = high[:-step] | high[step:]
        done += step
    return high


@cache
def _places(k: int) -> NDArray[Any]:
    """(k, 1) from 0 on, in as few bytes as they take."""
    return frozen(np.arange(k, dtype=np.uint8 if k < 256 else np.uint16)[:, None])


@cache
def _numbered(k: int) -> NDArray[Any]:
    """(k, 1) from 1 on, in as few bytes as they take."""
    return frozen(np.arange(1, k + 1, dtype=np.uint8 if k < 256 else np.uint16)[:, None])
