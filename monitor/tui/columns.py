"""A few columns of the wave area as terminal output.

The sweep changes some ten columns of the whole screen thirty times a second. Textual's compositor would send
each of these rows from its left edge on; written on their own they cost less than half of the time, a fifth
of the bytes: it is what lets a screen be watched over a slow link.
"""

from collections.abc import Mapping, Sequence

from rich.color import ColorSystem
from rich.style import Style
from textual.geometry import Offset, Region

from monitor.tui.braille import Codes, Kinds, runs, text

Paint = Mapping[int, tuple[str, str]]
"""Kind of cell -> what to send before and after its characters."""


def paint_of(styles: Mapping[int, Style], colours: ColorSystem) -> Paint:
    """Escape sequences of styles in a colour system."""
    return {kind: _around(style, colours) for kind, style in styles.items()}


def _around(style: Style, colours: ColorSystem) -> tuple[str, str]:
    before, _, after = style.render("x", color_system=colours).partition("x")
    return before, after


def column_output(codes: Codes, kinds: Kinds, regions: Sequence[Region], at: Offset, paint: Paint) -> str:
    """Escape sequences that draw the regions of an area whose corner is at `at` on the screen."""
    parts: list[str] = []
    for region in regions:
        columns = slice(region.x, region.right)
        for y in range(region.y, region.bottom):
            row, kind = text(codes[y, columns]), kinds[y, columns]
            parts.append(f"\x1b[{at.y + y + 1};{at.x + region.x + 1}H")
            for start, stop in runs(kind):
                before, after = paint[int(kind[start])]
                parts += (before, row[start:stop], after)
    return "".join(parts)
