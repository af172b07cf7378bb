"""Searching along pieces of signal, and medians of what was found."""

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from engine.arrays import F32, I64, Bools
from engine.grid import FS_HZ

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


def largest(x: F32) -> tuple[F32, I64]:
    """Largest value along the last axis of (m, 12, n), and its place."""
    place = x.argmax(axis=2)
    return picked(x, place), place


def picked(x: F32, place: I64) -> F32:
    """(m, 12) values of (m, 12, n) at one place each."""
    value: F32 = x[np.arange(len(x))[:, None], np.arange(x.shape[1]), place]
    return value


def reached(steep: F32, limit: F32, near_n: int) -> Bools:
    """(..., m, 12, k) whether slopes (m, 12, k) reach a limit (..., m, 12) within so many samples."""
    k = steep.shape[-1]
    row = np.zeros(
        limit.size * (k + near_n) + 2 * near_n, np.bool_
    )  # one row, with gaps that are never reached
    high = row[near_n:-near_n].reshape(*limit.shape, k + near_n)
    np.greater_equal(steep, limit[..., None], out=high[..., :k])
    done, n = 1, 2 * near_n + 1
    while done < n:
        step = min(done, n - done)
        row = row[:-step] | row[step:]
        done += step
    return row.reshape(high.shape)[..., :k]


def last_before(low: Bools, start: I64) -> I64:
    """Place of the last true entry before `start` along the last axis; 0 without one."""
    n = low.shape[-1]
    seen = low & (np.arange(n, dtype=np.int16) < start.astype(np.int16)[..., None])
    seen[..., 0] = True
    last: I64 = n - 1 - seen[..., ::-1].argmax(axis=-1)
    return last


def first_after(low: Bools, start: I64) -> I64:
    """Place of the first true entry after `start` along the last axis; the last one without any."""
    seen = low & (np.arange(low.shape[-1], dtype=np.int16) > start.astype(np.int16)[..., None])
    seen[..., -1] = True
    first: I64 = seen.argmax(axis=-1)
    return first
