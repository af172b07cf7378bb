"""A terminal's content as SVG that looks the same everywhere: braille and blocks are shapes, cells are fixed.

Terminal screenshots usually name a web font; where that may not be loaded, braille falls out of line.
"""

from collections.abc import Iterable, Sequence
from xml.sax.saxutils import escape

from rich.color import Color
from rich.color_triplet import ColorTriplet
from rich.segment import Segment
from rich.style import Style

CELL_W = 8.4
CELL_H = 17.0
BRAILLE = range(0x2800, 0x2900)
DOT_BITS = ((0x01, 0x08), (0x02, 0x10), (0x04, 0x20), (0x40, 0x80))
EIGHTHS = {c: (1 - (i + 1) / 8, 1.0) for i, c in enumerate("▁▂▃▄▅▆▇")}
BLOCKS = {"█": (0.0, 1.0), "▀": (0.0, 0.5), **EIGHTHS}
"""Upper and lower edge, as shares of the cell."""
FOREGROUND, BACKGROUND = "#d5dbe0", "#0a0e12"


def svg_of(rows: Sequence[Iterable[Segment]], width: int) -> str:
    """One SVG document for rows of segments, `width` cells wide."""
    w, h = width * CELL_W, len(rows) * CELL_H
    body = "\n".join(line for y, row in enumerate(rows) for line in _row(row, y))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {w + 16:.0f} {h + 16:.0f}" '
        f'width="{w + 16:.0f}" height="{h + 16:.0f}" font-size="14" '
        f'font-family="DejaVu Sans Mono, Menlo, Consolas, monospace">\n'
        f'<rect width="100%" height="100%" rx="8" fill="{BACKGROUND}"/>\n'
        f'<g transform="translate(8 8)">\n{body}\n</g>\n</svg>\n'
    )


def _row(row: Iterable[Segment], y: int) -> Iterable[str]:
    x = 0
    for text, style, _control in row:
        fore, back = _colours(style or Style.null())
        if back != BACKGROUND:
            yield _rect(x, y, len(text), back)
        yield from _run(text, x, y, fore, bold=bool(style and style.bold))
        x += len(text)


def _run(text: str, x: int, y: int, fore: str, *, bold: bool) -> Iterable[str]:
    shapes = "".join(_shape(c, x + i, y) for i, c in enumerate(text))
    if shapes:
        yield f'<path shape-rendering="crispEdges" fill="{fore}" d="{shapes}"/>'
    start = 0
    for word in text.split(" "):
        plain = "".join(" " if _is_shape(c) else c for c in word)
        if plain.strip():
            weight = ' font-weight="bold"' if bold else ""
            yield (
                f'<text x="{(x + start) * CELL_W:.1f}" y="{(y + 0.76) * CELL_H:.1f}" fill="{fore}"{weight} '
                f'textLength="{len(word) * CELL_W:.1f}" xml:space="preserve">{escape(plain)}</text>'
            )
        start += len(word) + 1


def _is_shape(c: str) -> bool:
    return ord(c) in BRAILLE or c in BLOCKS or c in "▔▁╌╱"


def _shape(c: str, x: int, y: int) -> str:
    left, top = x * CELL_W, y * CELL_H
    if ord(c) in BRAILLE:
        bits, dw, dh = ord(c) - BRAILLE.start, CELL_W / 2, CELL_H / 4
        return "".join(
            _box(left + i * dw + 0.5, top + j * dh + 0.4, dw - 0.8, dh - 0.6)
            for j, pair in enumerate(DOT_BITS)
            for i, bit in enumerate(pair)
            if bits & bit
        )
    if c in BLOCKS:
        upper, lower = BLOCKS[c]
        return _box(left, top + upper * CELL_H, CELL_W + 0.2, (lower - upper) * CELL_H + 0.2)
    if c == "▔":
        return _box(left, top, CELL_W + 0.2, CELL_H / 8)
    if c == "╌":
        return _box(left + 1, top + CELL_H / 2, CELL_W - 3, 1.2)
    if c == "╱":
        low, right = top + CELL_H, left + CELL_W
        return f"M{left:.1f} {low:.1f}L{right - 1:.1f} {top:.1f}h1L{left + 1:.1f} {low:.1f}Z"
    return ""


def _box(x: float, y: float, w: float, h: float) -> str:
    return f"M{x:.1f} {y:.1f}h{w:.1f}v{h:.1f}h{-w:.1f}z"


def _rect(x: int, y: int, cells: int, fill: str) -> str:
    return (
        f'<rect x="{x * CELL_W:.1f}" y="{y * CELL_H:.1f}" width="{cells * CELL_W + 0.2:.1f}" '
        f'height="{CELL_H + 0.2:.1f}" fill="{fill}"/>'
    )


def _colours(style: Style) -> tuple[str, str]:
    fore, back = _hex(style.color, FOREGROUND), _hex(style.bgcolor, BACKGROUND)
    return (back, fore) if style.reverse else (fore, back)


def _hex(color: Color | None, default: str) -> str:
    if color is None or color.is_default:
        return default
    triplet: ColorTriplet = color.get_truecolor()
    return triplet.hex
