"""Array types and the rule that arrays inside values are read-only."""

from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

F32 = NDArray[np.float32]
F64 = NDArray[np.float64]
I64 = NDArray[np.int64]
Bools = NDArray[np.bool_]

A = TypeVar("A", bound=NDArray[Any])


def frozen(array: A) -> A:
    """Return `array` itself, made read-only."""
    array.flags.writeable = False
    return array
