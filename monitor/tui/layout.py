"""Which lead is drawn where: panels of stacked lanes in a wave area of so many cells."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

RHYTHM_LEAD: Final = 1
"""Lead II, the rhythm strip of a 3x4 page."""
_MIN_LANE_ROWS_STACKED: Final = 3.5
"""One lead per line needs this many rows per lead to be readable; with fewer, two columns are better."""


class Layout(StrEnum):
    """How the leads share the wave area."""

    AUTO = "auto"
    STACKED = "12x1"
    COLUMNS = "6x2"
    PAGE = "3x4+II"
    SINGLE = "single"


@dataclass(frozen=True, slots=True)
class Lane:
    """One lead's place inside its panel, in rows of cells."""

    lead: int
    top: int
    rows: int


@dataclass(frozen=True, slots=True)
class Panel:
    """A sweep of its own: lanes one below the other; all numbers in cells of the wave area."""

    x: int
    y: int
    width: int
    rows: int
    lanes: tuple[Lane, ...]
    gutter: int = 5
    """Columns left of the trace: the lead's name and its 1 mV mark."""

    @property
    def trace_width(self) -> int:
        """Columns of trace."""
        return max(1, self.width - self.gutter)


def choose(layout: Layout, leads: Sequence[int], width: int, rows: int) -> Layout:
    """The layout that `AUTO` stands for in an area of this size; any other stays what it is."""
    if layout is not Layout.AUTO:
        return layout
    if len(leads) == 1:
        return Layout.SINGLE
    return Layout.STACKED if rows >= _MIN_LANE_ROWS_STACKED * len(leads) else Layout.COLUMNS


def arrange(
    layout: Layout, leads: Sequence[int], width: int, rows: int, chosen_lead: int
) -> tuple[Panel, ...]:
    """Panels for the given leads (those the source has) in `width` x `rows` cells."""
    if not leads or width < 8 or rows < 1:
        return ()
    layout = choose(layout, leads, width, rows)
    if layout is Layout.SINGLE:
        lead = chosen_lead if chosen_lead in leads else leads[0]
        return (_panel(0, 0, width, rows, [lead]),)
    if layout is Layout.COLUMNS:
        return _columns(leads, 2, width, rows)
    if layout is Layout.PAGE and len(leads) == 12:
        strip_rows = max(1, rows // 4)
        page = _columns(leads, 4, width, rows - strip_rows)
        return (*page, _panel(0, rows - strip_rows, width, strip_rows, [RHYTHM_LEAD]))
    return _columns(leads, 1, width, rows)


def _columns(leads: Sequence[int], n_columns: int, width: int, rows: int) -> tuple[Panel, ...]:
    per_column = -(-len(leads) // n_columns)
    groups = [leads[i : i + per_column] for i in range(0, len(leads), per_column)]
    column = width // len(groups)
    return tuple(
        _panel(i * column, 0, column - (i < len(groups) - 1), rows, group) for i, group in enumerate(groups)
    )


def _panel(x: int, y: int, width: int, rows: int, leads: Sequence[int]) -> Panel:
    edges = [round(i * rows / len(leads)) for i in range(len(leads) + 1)]
    lanes = tuple(
        Lane(lead, top, bottom - top)
        for lead, top, bottom in zip(leads, edges, edges[1:], strict=False)
        if bottom > top
    )
    return Panel(x, y, width, rows, lanes)
