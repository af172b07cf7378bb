"""Array types and the rule that arrays inside values are read-only."""

from collections.abc import Callable
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

F32 = NDArray[np.float32]
F64 = NDArray[np.float64]
I64 = NDArray[np.int64]
Bools = NDArray[np.bool_]

RowFilter = Callable[[F32], F32]

A = TypeVar("A", bound=NDArray[Any])


def for_rows(rows: Bools, of: RowFilter, x: F32) -> F32:
    """Apply `of` to the rows of `x` (..., n) that `rows` (...) names; the rest is 0, and costs nothing."""
    if rows.all():
        return of(x)
    some = of(x[rows])
    out = np.zeros((*rows.shape, some.shape[-1]), np.float32)
    out[rows] = some
    return out


def frozen(array: A) -> A:
    """Return `array` itself, made read-only."""
    array.flags.writeable = False
    return array
