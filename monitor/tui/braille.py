"""Dots to braille cells: 2 dots across and 4 down in one character cell."""

import itertools
from collections.abc import Iterable
from typing import Final

import numpy as np
from numpy.typing import NDArray

from engine.arrays import Bools

Codes = NDArray[np.uint32]
"""Unicode code points of character cells."""
Kinds = NDArray[np.uint8]
"""What each cell is, for its colours."""

DOTS_X: Final = 2
DOTS_Y: Final = 4
BLANK: Final = ord(" ")
_FIRST: Final = 0x2800
_WEIGHTS: Final = np.array([[0x01, 0x08], [0x02, 0x10], [0x04, 0x20], [0x40, 0x80]], dtype=np.uint32)


def pack(dots: Bools) -> Codes:
    """Code points (h, w) of a dot raster (4 h, 2 w); a cell without a dot is a space: one byte, not three."""
    height, width = dots.shape[0] // DOTS_Y, dots.shape[1] // DOTS_X
    cells = dots.reshape(height, DOTS_Y, width, DOTS_X)
    codes = np.einsum("ydxc,dc->yx", cells.astype(np.uint32), _WEIGHTS)
    return np.where(codes, codes + _FIRST, BLANK).astype(np.uint32)


def text(codes: Codes) -> str:
    """The characters of a row of code points."""
    return codes.astype("<u4").tobytes().decode("utf-32-le")


def runs(kinds: Kinds) -> Iterable[tuple[int, int]]:
    """Start and end of each stretch of equal kind in a row."""
    if (kinds == kinds[0]).all():
        return ((0, len(kinds)),)
    return itertools.pairwise((0, *(np.flatnonzero(np.diff(kinds)) + 1).tolist(), len(kinds)))
