"""A picture of character cells, each with what it stands for."""

from enum import IntEnum
from typing import Final

import numpy as np
from rich.style import Style
from rich.text import Text

from monitor.tui import palette
from monitor.tui.braille import BLANK, Codes, Kinds, runs, text


class Cell(IntEnum):
    """What a cell stands for."""

    TRACE = 0
    MARKED = 1
    """Marked when the alarm was raised."""
    NO_SIGNAL = 2
    MARKED_NOW = 3
    """Marked by the model as it is run again."""
    GHOST = 4
    GUTTER = 5
    SCALE = 6
    WORDS = 7
    BEAT = 8
    ECTOPIC = 9
    DIM = 10
    PLAIN = 11
    ANOMALOUS = 12
    EVENT = 13
    CURSOR = 14
    LIMIT = 15
    GHOST_MARKED = 16
    ABOVE = 17
    """A bar of a score above its limit."""


_STYLES: Final = {
    Cell.TRACE: palette.TRACE,
    Cell.MARKED: palette.MARKED,
    Cell.NO_SIGNAL: palette.NO_SIGNAL,
    Cell.MARKED_NOW: Style.parse("#f0d8ef on #3d1f40"),
    Cell.GHOST: Style.parse(f"#8fa7ff on {palette.BACKGROUND}"),
    Cell.GHOST_MARKED: Style.parse("#aebfff on #3d1f40"),
    Cell.ABOVE: Style.parse(f"#e58ae0 on {palette.BACKGROUND}"),
    Cell.GUTTER: palette.GUTTER,
    Cell.SCALE: palette.SCALE,
    Cell.WORDS: palette.TECHNICAL,
    Cell.BEAT: Style.parse(f"#9fb0bd on {palette.BACKGROUND}"),
    Cell.ECTOPIC: Style.parse("bold #101316 on #e0e6ea"),
    Cell.DIM: Style.parse(f"#7d8891 on {palette.BACKGROUND}"),
    Cell.PLAIN: Style.parse(f"#d5dbe0 on {palette.BACKGROUND}"),
    Cell.ANOMALOUS: Style.parse(palette.Ink.ANOMALY.value),
    Cell.EVENT: Style.parse(f"bold #ffffff on {palette.BACKGROUND}"),
    Cell.CURSOR: Style.parse(f"bold #ffffff on {palette.BACKGROUND}"),
    Cell.LIMIT: Style.parse(f"#c9b458 on {palette.BACKGROUND}"),
}


class Canvas:
    """Code points and kinds of so many rows and columns."""

    def __init__(self, width: int, rows: int) -> None:
        self.codes: Codes = np.full((max(0, rows), max(0, width)), BLANK, np.uint32)
        self.kinds: Kinds = np.full(self.codes.shape, Cell.PLAIN, np.uint8)

    @property
    def width(self) -> int:
        """Columns."""
        return int(self.codes.shape[1])

    @property
    def rows(self) -> int:
        """Rows."""
        return int(self.codes.shape[0])

    def write(self, y: int, x: int, words: str, kind: Cell, room: int | None = None) -> None:
        """Write words, cut off at the edges of the picture or after `room` columns."""
        if not 0 <= y < self.rows or x >= self.width:
            return
        words = words[max(0, -x) :]
        x = max(0, x)
        words = words[: self.width - x if room is None else min(room, self.width - x)]
        self.codes[y, x : x + len(words)] = [ord(c) for c in words]
        self.kinds[y, x : x + len(words)] = kind

    def is_free(self, y: int, x: int, n: int) -> bool:
        """Whether nothing stands in these cells, and they are inside."""
        inside = 0 <= y < self.rows and x >= 0 and x + n <= self.width
        return inside and bool((self.codes[y, x : x + n] == BLANK).all())

    def paste(self, y: int, x: int, codes: Codes, kinds: Kinds) -> None:
        """Put a smaller picture into this one."""
        rows, width = codes.shape
        self.codes[y : y + rows, x : x + width] = codes
        self.kinds[y : y + rows, x : x + width] = kinds

    def text(self) -> Text:
        """The picture as rich text."""
        lines = Text(no_wrap=True)
        for y in range(self.rows):
            row = text(self.codes[y])
            for a, b in runs(self.kinds[y]) if self.width else ():
                lines.append(row[a:b], _STYLES[Cell(int(self.kinds[y, a]))])
            lines.append("\n" if y < self.rows - 1 else "")
        return lines
