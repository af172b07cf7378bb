"""Searching along pieces of signal, and medians of what was found."""

from functools import cache
from typing import Any, Final, TypeVar

import numpy as np
from numpy.typing import NDArray

from engine.arrays import F32, I64, Bools, frozen
from engine.grid import FS_HZ

N = TypeVar("N", bound=NDArray[Any])

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
    value: F32 = x[place, np.arange(x.shape[1])]
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


def last_before(low: Bools, start: I64) -> I64:
    """(M,) place of the last true entry of each column before `start`; 0 without one."""
    return last_true(low & (_places(len(low)) < start.astype(np.int16)), 0)


def first_after(low: Bools, start: I64) -> I64:
    """(M,) place of the first true entry of each column after `start`; the last place without any."""
    return first_true(low & (_places(len(low)) > start.astype(np.int16)), len(low) - 1)


def between(n: int, first: I64, end: I64) -> Bools:
    """(n, M) the places of each column from `first` (M,) up to `end` (M,)."""
    place = _places(n)
    inside: Bools = (place >= first.astype(np.int16)) & (place < end.astype(np.int16))
    return inside


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
def _places(n: int) -> NDArray[np.int16]:
    """(n, 1)"""
    return frozen(np.arange(n, dtype=np.int16)[:, None])


@cache
def _numbered(n: int) -> NDArray[Any]:
    """(n, 1) from 1 on, in as few bytes as they take."""
    return frozen(np.arange(1, n + 1, dtype=np.uint8 if n < 256 else np.uint16)[:, None])
