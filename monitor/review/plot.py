"""Values over time as braille dots."""

import numpy as np
from numpy.typing import NDArray

from engine.arrays import F64
from monitor.tui.braille import DOTS_Y, Codes, pack


def columns_of(values: F64, start: F64, end: F64, width: int, page: tuple[float, float]) -> tuple[F64, F64]:
    """Lowest and highest value in each of `width` columns of a page; NaN where there is none.

    Value i stands for the time from `start[i]` to `end[i]`.
    """
    low, high = np.full(width, np.inf), np.full(width, -np.inf)
    per_column = (page[1] - page[0]) / max(1, width)
    first = np.floor((start - page[0]) / per_column + 1e-9).astype(np.int64)
    last = np.ceil((end - page[0]) / per_column - 1e-9).astype(np.int64)
    for value, a, b in zip(values.tolist(), first.tolist(), last.tolist(), strict=True):
        if value == value:
            cut = slice(max(0, a), max(0, min(width, max(b, a + 1))))
            np.minimum(low[cut], value, out=low[cut])
            np.maximum(high[cut], value, out=high[cut])
    nothing = ~np.isfinite(low)
    low[nothing] = high[nothing] = np.nan
    return low, high


def plot(low: F64, high: F64, bottom: float, top: float, rows: int) -> Codes:
    """(rows, n // 2) cells of two columns of dots each; values beyond the scale lie on its edge."""
    n_dots = rows * DOTS_Y
    lowest, highest = _dot(low, bottom, top, n_dots), _dot(high, bottom, top, n_dots)
    y = np.arange(n_dots)[:, None]
    known = np.isfinite(low)
    return pack((y >= highest) & (y <= lowest) & known)


def _dot(values: F64, bottom: float, top: float, n_dots: int) -> NDArray[np.int64]:
    share = (top - np.nan_to_num(values)) / max(top - bottom, 1e-9)
    return np.clip(np.rint(share * (n_dots - 1)), 0, n_dots - 1).astype(np.int64)
