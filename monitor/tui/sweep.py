"""The wave area: Textual's Line API over the rasters of its panels."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from rich.console import COLOR_SYSTEMS
from rich.segment import Segment
from rich.style import Style
from textual.color import Color
from textual.filter import LineFilter
from textual.geometry import Region
from textual.strip import Strip
from textual.widget import Widget

from engine.arrays import I64
from engine.leads import LEADS
from engine.quality import LeadState
from engine.ring import Ring
from monitor.tui import palette
from monitor.tui.braille import BLANK, DOTS_Y, Codes, Kinds, pack, runs, text
from monitor.tui.columns import Paint, column_output, paint_of
from monitor.tui.layout import Lane, Layout, Panel, arrange
from monitor.tui.marks import Marks
from monitor.tui.raster import LANE_MM, MARKED, NO_SIGNAL, TRACE, PanelRaster, Scale

GUTTER: Final = 8
SCALE_BAR: Final = 9
TECHNICAL: Final = 10
BOX: Final = 11
CALM_BOX: Final = 12
_LIVE: Final = {
    TRACE: palette.TRACE,
    MARKED: palette.MARKED,
    NO_SIGNAL: palette.NO_SIGNAL,
    GUTTER: palette.GUTTER,
    SCALE_BAR: palette.SCALE,
    TECHNICAL: palette.TECHNICAL,
    BOX: palette.BOX,
    CALM_BOX: palette.CALM_BOX,
}
_OLD: Final = {**_LIVE, TRACE: palette.TRACE_OLD, MARKED: palette.MARKED_OLD, GUTTER: palette.TRACE_OLD}
_WORDS: Final = {
    LeadState.NOISY: "NOISY",
    LeadState.SATURATED: "SATURATED",
    LeadState.FLAT: "FLAT LINE",
    LeadState.GAP: "GAP",
    LeadState.OFF: "LEAD OFF",
    LeadState.ABSENT: "ABSENT",
}


@dataclass(frozen=True, slots=True)
class Dress:
    """All of the wave area that does not move with the signal; a change of it redraws everything."""

    layout: Layout = Layout.AUTO
    scale: Scale = Scale(6, 10.0)  # noqa: RUF009  (frozen)
    chosen_lead: int = 1
    lead_states: tuple[LeadState, ...] = (LeadState.OK,) * 12
    title: tuple[str, ...] = ()
    """Lines of a box over the waves: why the picture is not live, or that it is frozen."""
    calm: bool = False
    """The box is no alarm (waiting, frozen)."""
    at_top: bool = False
    old: bool = False
    """The waves are not of now: drawn grey."""


class Sweep(Widget):
    """Waves of one bed, moving."""

    can_focus = False

    def __init__(self) -> None:
        super().__init__(id="sweep")
        self.dress = Dress()
        self._rasters: list[PanelRaster] = []
        self._codes = np.full((0, 0), BLANK, np.uint32)
        self._kinds = np.zeros((0, 0), np.uint8)
        self._boxes: list[tuple[int, int, str, int]] = []
        self._drawn: tuple[object, ...] = ()
        self._marks: Marks | None = None
        self._strips: dict[int, Strip] = {}
        self._styles_key: tuple[object, ...] = ()
        self._filtered: dict[int, Style] = {}
        self._paint: Paint = {}

    @property
    def page_s(self) -> float:
        """Seconds of signal on the widest panel."""
        return max((raster.seconds for raster in self._rasters), default=0.0)

    def show(self, dress: Dress, ring: Ring | None, marks: Marks, end: int, *, sweeping: bool) -> None:
        """Bring the picture to sample `end` of `ring`; marks with other spans redraw everything."""
        drawn = (dress, self.size, ring, sweeping)
        anew = drawn != self._drawn or marks is not self._marks
        if drawn != self._drawn:
            self._set_up(dress)
        elif anew:
            for raster in self._rasters:
                raster.forget()
        self._drawn, self._marks = drawn, marks
        regions = (
            []
            if ring is None
            else [
                region
                for raster in self._rasters
                for region in self._advance(raster, raster.show(ring, marks, end, sweeping=sweeping))
            ]
        )
        for y, x, words, kind in self._boxes:
            _stamp(self._codes, self._kinds, y, x, words, kind)
        if anew or regions:
            self._strips.clear()
        if anew:
            self.refresh()
        elif regions:
            self._draw(regions)

    def _draw(self, regions: Sequence[Region]) -> None:
        """Send a few columns straight to the terminal, unless something lies over the waves."""
        driver = self.app._driver
        if driver is None or driver.is_headless or driver.is_web or self.app.screen is not self.screen:
            self.refresh(*regions)
        elif self._paint:
            driver.write(column_output(self._codes, self._kinds, regions, self.region.offset, self._paint))

    def _set_up(self, dress: Dress) -> None:
        width, rows = self.size
        self.dress = dress
        self._codes = np.full((rows, width), BLANK, np.uint32)
        self._kinds = np.zeros((rows, width), np.uint8)
        leads = [i for i, state in enumerate(dress.lead_states) if state is not LeadState.ABSENT]
        box = list(_box(dress, width, rows))
        top = len(box) if dress.at_top else 0
        arranged = arrange(dress.layout, leads, width, rows - top, dress.chosen_lead)
        panels = [replace(panel, y=panel.y + top) for panel in arranged]
        self._rasters = [PanelRaster(panel, dress.scale) for panel in panels]
        self._boxes = [*self._lead_words(panels), *box]
        for panel in panels:
            for lane in panel.lanes:
                self._draw_gutter(panel, lane)

    def _draw_gutter(self, panel: Panel, lane: Lane) -> None:
        y, x = panel.y + lane.top, panel.x
        _stamp(self._codes, self._kinds, y, x, LEADS[lane.lead], GUTTER)
        bar_dots = round(self.dress.scale.gain_mm_per_mv * panel.rows / len(panel.lanes) * DOTS_Y / LANE_MM)
        dots = np.zeros((lane.rows * DOTS_Y, 2), bool)
        first = max(0, (dots.shape[0] - bar_dots) // 2)
        dots[first : first + bar_dots, 1] = True
        if self.dress.scale.calibrated and bar_dots <= dots.shape[0]:
            self._codes[y : y + lane.rows, x + panel.gutter - 1] = pack(dots)[:, 0]
            self._kinds[y : y + lane.rows, x + panel.gutter - 1] = SCALE_BAR

    def _lead_words(self, panels: Sequence[Panel]) -> Iterable[tuple[int, int, str, int]]:
        for panel in panels:
            for lane in panel.lanes:
                word = _WORDS.get(self.dress.lead_states[lane.lead])
                if word:
                    yield panel.y + lane.top, panel.x + panel.gutter, f" {word} ", TECHNICAL

    def _advance(self, raster: PanelRaster, changed: I64) -> Iterable[Region]:
        """Copy changed columns into the area; say which regions of it they are."""
        panel = raster.panel
        if not changed.size:
            return
        at = panel.x + panel.gutter + changed
        self._codes[panel.y : panel.y + panel.rows, at] = raster.codes[:, changed]
        self._kinds[panel.y : panel.y + panel.rows, at] = raster.kinds[:, changed]
        first, last = int(at[0]), int(at[-1])
        if (
            last - first > raster.panel.trace_width // 2
        ):  # the sweep starts over: newest at the left, bar at both
            split = int(np.argmax(np.diff(at))) + 1
            yield Region(first, panel.y, int(at[split - 1]) - first + 1, panel.rows)
            first = int(at[split])
        yield Region(first, panel.y, last - first + 1, panel.rows)

    def render_lines(self, crop: Region) -> list[Strip]:
        """Textual asks for rows: runs of equal style, no margins or borders around them."""
        styles = self._styles()
        for y in range(crop.y, crop.bottom):
            if y not in self._strips and y < self._codes.shape[0]:
                self._strips[y] = _strip(self._codes[y], self._kinds[y], styles)
        blank = Strip.blank(self.size.width, palette.TRACE)
        rows = [self._strips.get(y, blank) for y in range(crop.y, crop.bottom)]
        if crop.x == 0 and crop.width == self.size.width:
            return rows
        return [row.crop(crop.x, crop.right) for row in rows]

    def _styles(self) -> dict[int, Style]:
        """Styles of the cells as this terminal shows them (few colours, none at all)."""
        filters = tuple(self.get_line_filters())
        key = (self.dress.old, filters)
        if key != self._styles_key:
            self._styles_key, self._filtered = key, _filter_styles(_OLD if self.dress.old else _LIVE, filters)
            self._paint = paint_of(
                self._filtered, COLOR_SYSTEMS[self.app.console.color_system or "truecolor"]
            )
        return self._filtered


def _filter_styles(styles: dict[int, Style], filters: Sequence[LineFilter]) -> dict[int, Style]:
    background = Color.parse(palette.BACKGROUND)
    segments = [Segment("x", style) for style in styles.values()]
    for line_filter in filters:
        segments = line_filter.apply(segments, background)
    return {kind: segment.style or Style.null() for kind, segment in zip(styles, segments, strict=True)}


def _strip(codes: Codes, kinds: Kinds, styles: dict[int, Style]) -> Strip:
    row = text(codes)
    return Strip([Segment(row[a:b], styles[int(kinds[a])]) for a, b in runs(kinds)], len(row))


def _stamp(codes: Codes, kinds: Kinds, y: int, x: int, words: str, kind: int) -> None:
    if not 0 <= y < codes.shape[0] or x >= codes.shape[1]:
        return
    words = words[: codes.shape[1] - x]
    codes[y, x : x + len(words)] = [ord(c) for c in words]
    kinds[y, x : x + len(words)] = kind


def _box(dress: Dress, width: int, rows: int) -> Iterable[tuple[int, int, str, int]]:
    """The lines of the title, centred in a block of colour."""
    if not dress.title:
        return
    inner = width if dress.at_top else min(width, max(len(line) for line in dress.title) + 4)
    margin = [] if dress.at_top else [" " * inner]
    lines = [*margin, *(line.center(inner) for line in dress.title), *margin]
    top = 0 if dress.at_top else max(0, (rows - len(lines)) // 2)
    for i, line in enumerate(lines[:rows]):
        yield top + i, (width - inner) // 2, line[:inner], CALM_BOX if dress.calm else BOX
