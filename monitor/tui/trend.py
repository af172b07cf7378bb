"""The anomaly over the last minutes, as bars against the threshold."""

from collections.abc import Sequence
from typing import Final

from rich.text import Text

from monitor.tui.bedview import TrendPoint
from monitor.tui.palette import Ink

TOP: Final = 1.6
"""Score over threshold at the top of the bars."""
COLUMN_S: Final = 10.0
"""Time in one column."""
_BARS: Final = " ▁▂▃▄▅▆▇█"
_EIGHTHS: Final = 8


def trend_lines(points: Sequence[TrendPoint], now_ns: int, width: int, rows: int) -> Text:
    """`rows` lines of `width` columns, the newest at the right; hatched where nothing was assessed."""
    columns = _columns(points, now_ns, width)
    threshold_row = rows - 1 - int(rows / TOP)
    lines = Text()
    for row in range(rows):
        for column in columns:
            lines.append(*_cell(column, row, rows, threshold_row))
        lines.append("\n" if row < rows - 1 else "")
    return lines


def _columns(points: Sequence[TrendPoint], now_ns: int, width: int) -> list[list[float | None]]:
    """What fell into each column."""
    columns: list[list[float | None]] = [[] for _ in range(width)]
    newest = int(now_ns / 1e9 // COLUMN_S)
    for point in reversed(points):
        i = width - 1 - (newest - int(point.time_ns / 1e9 // COLUMN_S))
        if i < 0:
            break
        if i < width:
            columns[i].append(point.ratio)
    return columns


def _cell(column: list[float | None], row: int, rows: int, threshold_row: int) -> tuple[str, str]:
    ratios = [ratio for ratio in column if ratio is not None]
    if column and not ratios:
        return "╱", Ink.DIM
    peak = max(ratios, default=0.0)
    filled = round(min(peak / TOP, 1.0) * rows * _EIGHTHS) - (rows - 1 - row) * _EIGHTHS
    bar = _BARS[max(0, min(_EIGHTHS, filled))]
    if bar == " ":
        if ratios and row == rows - 1:
            return "▁", Ink.GOOD
        return ("╌", Ink.DIM) if row == threshold_row else (" ", Ink.DIM)
    return bar, Ink.ANOMALY_TEXT if peak > 1.0 else Ink.GOOD
