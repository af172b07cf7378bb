"""ECG paper in millimetres: where leads, grid and words lie on a page. Nothing is drawn here."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

from engine.errors import ConfigurationError
from engine.grid import FS_HZ
from engine.leads import LEADS

MM_PER_S: Final = 25.0
MM_PER_MV: Final = 10.0
PULSE_MV: Final = 1.0
PULSE_S: Final = 0.2
POINT_MM: Final = 25.4 / 72
INK: Final = "#000000"
MARK: Final = "#0b3d91"

WIDTH_MM: Final = 297.0
HEIGHT_MM: Final = 210.0
"""A4, landscape."""
GRID_MM: Final = (5.0, 15.0, 290.0, 170.0)
"""Left, bottom, right, top of the grid; multiples of 5."""
TRACE_LEFT_MM: Final = 25.0
PAGE_S: Final = 10.0

Layout = Literal["3x4", "12x1"]
RHYTHM: Final = "II"

_COLUMNS: Final = (("I", "II", "III"), ("aVR", "aVL", "aVF"), ("V1", "V2", "V3"), ("V4", "V5", "V6"))


@dataclass(frozen=True, slots=True)
class Panel:
    """One lead over one stretch of time, in its place on a page."""

    lead: int
    start: int
    """Absolute sample at `x_mm`."""
    end: int
    x_mm: float
    y_mm: float
    """Height of 0 mV (after centring) above the page's lower edge."""
    room_mm: float
    """How far the trace may go to either side of `y_mm`."""
    shade_mm: float
    """How far shading goes to either side: no further than the row."""
    rhythm: bool = False

    @property
    def name(self) -> str:
        """Tells it apart from every other panel of a strip."""
        return f"{LEADS[self.lead]}-{self.start}{'-rhythm' if self.rhythm else ''}"

    def x_of(self, sample: float) -> float:
        """Horizontal place of an absolute sample."""
        return self.x_mm + (sample - self.start) / FS_HZ * MM_PER_S

    @property
    def right_mm(self) -> float:
        """Where the panel ends."""
        return self.x_of(self.end)


@dataclass(frozen=True, slots=True)
class Page:
    """Ten seconds."""

    start: int
    end: int
    panels: tuple[Panel, ...]

    @property
    def rows_mm(self) -> tuple[float, ...]:
        """Where calibration pulses stand: once per row."""
        return tuple(dict.fromkeys(panel.y_mm for panel in self.panels))


def pages(start: int, end: int, layout: Layout, rhythm: int = LEADS.index(RHYTHM)) -> tuple[Page, ...]:
    """Divide a strip into pages; `rhythm` is the lead of the long strip under 3x4."""
    n = round(PAGE_S * FS_HZ)
    cuts = [(at, min(at + n, end)) for at in range(start, end, n)]
    return tuple(Page(a, b, tuple(_panels(a, b, layout, rhythm))) for a, b in cuts)


def check_layout(name: str) -> Layout:
    """Refuse a layout that is none."""
    if name == "3x4":
        return "3x4"
    if name == "12x1":
        return "12x1"
    raise ConfigurationError(f"--layout {name}: give 3x4 or 12x1")


def _panels(start: int, end: int, layout: Layout, rhythm: int) -> Sequence[Panel]:
    if layout == "12x1":
        heights, sizes = _heights(len(LEADS)), (25.0, 6.2)
        return [
            Panel(k, start, end, TRACE_LEFT_MM, heights[k], *sizes, k == rhythm) for k in range(len(LEADS))
        ]
    heights, sizes = _heights(4), (25.0, 17.0)
    quarter = round(PAGE_S / 4 * FS_HZ)
    found = []
    for column, names in enumerate(_COLUMNS):
        a, b = start + column * quarter, min(start + (column + 1) * quarter, end)
        x_mm = TRACE_LEFT_MM + column * quarter / FS_HZ * MM_PER_S
        if a < b:
            found += [Panel(LEADS.index(n), a, b, x_mm, heights[row], *sizes) for row, n in enumerate(names)]
    return [*found, Panel(rhythm, start, end, TRACE_LEFT_MM, heights[3], *sizes, rhythm=True)]


def _heights(n_rows: int) -> list[float]:
    _, bottom, _, top = GRID_MM
    pitch = (top - bottom) / n_rows
    return [top - pitch * (row + 0.5) for row in range(n_rows)]
