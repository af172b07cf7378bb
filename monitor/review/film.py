"""The waveform panel: lanes between a row of beats and rows of scores, alarms and time."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, tzinfo
from typing import Final

import numpy as np

from engine.beatclass import BeatClass
from engine.grid import FS_HZ
from engine.leads import LEADS
from monitor.review.beatmarks import SIGNS
from monitor.review.canvas import Canvas, Cell
from monitor.review.lanes import draw_lanes
from monitor.review.note import Key
from monitor.review.scorerow import write_scores
from monitor.review.section import Section
from monitor.review.spot import Leads, Looks
from monitor.tui.braille import DOTS_Y, pack
from monitor.tui.layout import Layout, Panel, arrange
from monitor.tui.palette import STARS
from monitor.tui.raster import LANE_MM, Scale

ROWS_AROUND: Final = 4
"""Beats above the lanes; score, alarms and time below."""
MIN_LANE_ROWS: Final = 4
FAVOURITES: Final = (1, 6, 10)
"""II, V1, V5: drawn first where nothing else says which leads matter."""
TICKS_S: Final = (1, 2, 5, 10, 15, 30, 60)
_LAYOUTS: Final = {
    Leads.AUTO: Layout.STACKED,
    Leads.STACKED: Layout.STACKED,
    Leads.COLUMNS: Layout.COLUMNS,
    Leads.SINGLE: Layout.SINGLE,
}


@dataclass(frozen=True, slots=True)
class Frame:
    """What the panel is drawn in, besides the section itself."""

    width: int
    rows: int
    looks: Looks
    selected: Key | None
    zone: tzinfo | None = None


def page_n(width: int, looks: Looks) -> int:
    """Samples from the left edge of a trace to its right."""
    panels = arrange(_LAYOUTS[looks.leads], list(range(12)), max(8, width), 12, looks.lead)
    return min(panel.trace_width for panel in panels) * looks.scale.samples_per_cell


def draw_film(section: Section, frame: Frame) -> Canvas:
    """Draw everything; what is not known yet is said to be under way."""
    canvas = Canvas(frame.width, frame.rows)
    lane_rows = frame.rows - ROWS_AROUND
    leads = choose_leads(section, frame.looks, lane_rows)
    layout = _LAYOUTS[frame.looks.leads]
    scale = replace(frame.looks.scale, calibrated=section.strip.calibrated)
    for panel in arrange(layout, leads, frame.width, lane_rows, frame.looks.lead):
        panel = replace(panel, y=panel.y + 1)
        codes, kinds = draw_lanes(panel, scale, section)
        canvas.paste(panel.y, panel.x + panel.gutter, codes, kinds)
        _gutter(canvas, panel, scale)
        _holes(canvas, panel, section, scale)
        row = _Row(canvas, panel, section, scale)
        row.beats(0)
        write_scores(canvas, section, panel, scale, frame.rows - 3)
        row.alarms(frame.rows - 2, frame.selected)
        row.time(frame.rows - 1, frame.zone)
    return canvas


def choose_leads(section: Section, looks: Looks, rows: int) -> list[int]:
    """Leads that are drawn, in standard order: all that are there, or those that matter most."""
    present = np.flatnonzero(section.strip.present).tolist() or list(range(len(LEADS)))
    if looks.leads is Leads.SINGLE:
        return [looks.lead]
    if looks.leads is not Leads.AUTO:
        return present
    n = max(1, rows // MIN_LANE_ROWS)
    weight = [0.0] * len(LEADS)
    for span in section.marked:
        weight[span.lead] += span.strength * (span.offset - span.onset)
    order = sorted(present, key=lambda lead: (-weight[lead], lead not in FAVOURITES, lead))
    return sorted(order[:n])


def _gutter(canvas: Canvas, panel: Panel, scale: Scale) -> None:
    """Name each lead, with a bar of 1 mV beside the name."""
    bar_dots = round(scale.gain_mm_per_mv * panel.rows / max(1, len(panel.lanes)) * DOTS_Y / LANE_MM)
    for lane in panel.lanes:
        y = panel.y + lane.top
        canvas.write(y, panel.x, LEADS[lane.lead], Cell.GUTTER)
        dots = np.zeros((lane.rows * DOTS_Y, 2), bool)
        first = max(0, (dots.shape[0] - bar_dots) // 2)
        dots[first : first + bar_dots, 1] = True
        if scale.calibrated and bar_dots <= dots.shape[0]:
            x = panel.x + panel.gutter - 1
            canvas.codes[y : y + lane.rows, x] = pack(dots)[:, 0]
            canvas.kinds[y : y + lane.rows, x] = Cell.SCALE


def _holes(canvas: Canvas, panel: Panel, section: Section, scale: Scale) -> None:
    """Write into each hole why it is there, as far as there is room."""
    left, spc = panel.x + panel.gutter, scale.samples_per_cell
    for hole in section.holes:
        a = max(0, (hole.start - section.stretch.start) // spc)
        b = min(panel.trace_width, -(-(hole.end - section.stretch.start) // spc))
        words = f" {hole.words} "
        if b - a < len(words):
            continue
        if hole.lead is None:
            canvas.write(panel.y + panel.rows // 2, left + (a + b - len(words)) // 2, words, Cell.WORDS)
        for lane in panel.lanes:
            if lane.lead == hole.lead:
                canvas.write(panel.y + lane.top, left + a, words, Cell.WORDS)


@dataclass(frozen=True, slots=True)
class _Row:
    """Single rows over the width of a panel."""

    canvas: Canvas
    panel: Panel
    section: Section
    scale: Scale

    def beats(self, y: int) -> None:
        """A letter at each R peak: what class the beat is of."""
        self._name(y, "beat")
        marks = self.section.beats
        if marks is None:
            self.canvas.write(y, self._x(0), "finding beats …", Cell.DIM, self.panel.trace_width)
            return
        for peak, klass in zip(marks.r_peaks.tolist(), marks.klass.tolist(), strict=True):
            sign, cell = SIGNS[BeatClass(klass)], self._cell(peak)
            if 0 <= cell < self.panel.trace_width:
                kind = Cell.BEAT if klass == BeatClass.NORMAL else Cell.ECTOPIC
                self.canvas.write(y, self._x(cell), sign, kind)

    def alarms(self, y: int, selected: Key | None) -> None:
        """Onset and raising of the selected alarm; the others that begin here, by id."""
        self._name(y, "alarm")
        chosen = sorted(self.section.alarms, key=lambda line: line.key != selected)
        for line in chosen:
            stars = STARS[line.priority]
            if line.key == selected:
                self._event(y, line.onset_sample, ("▲ onset", "▲"))
                self._event(y, line.raised_sample, (f"▲{stars} raised", f"▲{stars}", "▲"))
            else:
                self._event(y, line.onset_sample, (f"▲{stars} alarm {line.id}", f"▲{stars}", "▲"))

    def time(self, y: int, zone: tzinfo | None) -> None:
        """Wall clock at whole seconds."""
        self._name(y, "time")
        strip, start = self.section.strip, self.section.stretch.start
        cells_per_s = FS_HZ / self.scale.samples_per_cell
        step = next((s for s in TICKS_S if s * cells_per_s >= 14), TICKS_S[-1])
        known = strip.start_ns > 0
        first_s = strip.time_ns(start) / 1e9 if known else start / FS_HZ
        tick = -(-first_s // step) * step
        while (cell := round((tick - first_s) * cells_per_s)) < self.panel.trace_width:
            clock = f"{datetime.fromtimestamp(tick, zone):%H:%M:%S}" if known else _elapsed(tick)
            label = f"╵{clock}" if self.panel.trace_width - cell > len(clock) else "╵"
            self.canvas.write(y, self._x(cell), label, Cell.PLAIN)
            tick += step

    def _event(self, y: int, sample: int, words: Sequence[str]) -> None:
        cell = self._cell(sample)
        if not 0 <= cell < self.panel.trace_width:
            return
        for one in words:
            n = min(len(one) + 1, self.panel.trace_width - cell)
            if n >= len(one) and self.canvas.is_free(y, self._x(cell), n):
                self.canvas.write(y, self._x(cell), one, Cell.EVENT)
                return

    def _name(self, y: int, name: str) -> None:
        self.canvas.write(y, self.panel.x, name, Cell.DIM, self.panel.gutter)

    def _cell(self, sample: int) -> int:
        return (sample - self.section.stretch.start) // self.scale.samples_per_cell

    def _x(self, cell: int) -> int:
        return self.panel.x + self.panel.gutter + cell


def _elapsed(seconds: float) -> str:
    return f"+{int(seconds) // 60}:{int(seconds) % 60:02}"
