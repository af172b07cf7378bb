"""The wave area: Textual's Line API over the rasters of its panels."""

import itertools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from rich.segment import Segment
from rich.style import Style
from textual.geometry import Region
from textual.strip import Strip
from textual.widget import Widget

from engine.arrays import I64
from engine.leads import LEADS
from engine.quality import LeadState
from engine.ring import Ring
from monitor.tui import palette
from monitor.tui.braille import BLANK, DOTS_Y, Codes, Kinds, pack, text
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
        if anew:
            self.refresh()
        elif regions:
            self.refresh(*regions)

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
        if bar_dots <= dots.shape[0]:
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
        for run in np.split(at, np.flatnonzero(np.diff(at) > 1) + 1):
            yield Region(int(run[0]), panel.y, len(run), panel.rows)

    def render_line(self, y: int) -> Strip:
        """Textual's Line API: one row, as runs of equal style."""
        if y >= self._codes.shape[0]:
            return Strip.blank(self.size.width, palette.TRACE)
        styles = _OLD if self.dress.old else _LIVE
        return _strip(text(self._codes[y]), self._kinds[y], styles)


def _strip(row: str, kinds: Kinds, styles: dict[int, Style]) -> Strip:
    cuts = [0, *(np.flatnonzero(np.diff(kinds)) + 1).tolist(), len(row)]
    runs = [Segment(row[a:b], styles[int(kinds[a])]) for a, b in itertools.pairwise(cuts) if b > a]
    return Strip(runs, len(row))


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
