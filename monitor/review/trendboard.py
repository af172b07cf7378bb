"""The trend panel: alarms, heart rate, ST levels, score and coverage over the same time."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import Final

import numpy as np

from engine.arrays import F64, Bools
from engine.leads import LEADS
from monitor.alarms.alarm import Priority
from monitor.recording.strip import stretches_of
from monitor.review.canvas import Canvas, Cell
from monitor.review.coverage import Covered
from monitor.review.line import AlarmLine
from monitor.review.plot import columns_of, plot
from monitor.review.spot import S_NS, Leads, Looks
from monitor.review.trendpoint import TrendPoint
from monitor.review.trends import TrendPage
from monitor.tui.braille import BLANK, DOTS_Y

GUTTER: Final = 11
ST_DOT_MV: Final = 0.1
"""A dot of an ST level: 1 mm on paper; zero lies on a dot."""
ST_ROWS: Final = 2
SCORE_TOP: Final = 1.6
"""Score over threshold at the top of the bars."""
BARS: Final = " ▁▂▃▄▅▆▇█"
NOT_RECORDED, PENDING, NOT_MEASURED = "·", "░", "╱"
RECORDED_WORDS: Final = " NOT RECORDED "
MEASURED_WORDS: Final = " NOT MEASURABLE "
PENDING_WORDS: Final = " being read … "
LETTERS: Final = {Priority.HIGH: "H", Priority.MEDIUM: "M", Priority.LOW: "L"}
TICKS_S: Final = (60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 21600)


@dataclass(frozen=True, slots=True, eq=False)
class TrendFrame:
    """What a page of trends is drawn with."""

    width: int
    rows: int
    looks: Looks
    cursor_ns: int
    alarms: Sequence[AlarmLine]
    covered: Sequence[Covered]
    limits_bpm: tuple[float, float] | None
    """Of the heart rate, as they were at the selected alarm."""
    zone: tzinfo | None = None


def draw_trends(page: TrendPage, frame: TrendFrame) -> Canvas:
    """Draw everything; columns that are not measured say why by their sign."""
    return _Drawing(page, frame).draw()


def at_cursor(page: TrendPage, cursor_ns: int) -> TrendPoint | None:
    """The point that stands for the cursor's moment."""
    inside = (point for point in page.points if point.start_ns <= cursor_ns < point.end_ns)
    return next(inside, None)


class _Drawing:
    def __init__(self, page: TrendPage, frame: TrendFrame) -> None:
        self.page, self.frame = page, frame
        self.canvas = Canvas(frame.width, frame.rows)
        self.n = max(1, frame.width - GUTTER)
        self.start = np.array([point.start_ns for point in page.points], float) / S_NS
        self.end = np.array([point.end_ns for point in page.points], float) / S_NS
        self.bounds = page.start_ns / S_NS, page.end_ns / S_NS
        self.now = at_cursor(page, frame.cursor_ns)
        self.recorded = self._recorded()
        self._done = page.n_done >= page.n_segments

    def draw(self) -> Canvas:
        rows = self.frame.rows - 3
        score_rows = max(1, rows // 6)
        leads = self._st_leads(max(1, (rows - score_rows) * 2 // 5 // ST_ROWS))
        rate_rows = max(1, rows - score_rows - ST_ROWS * len(leads))
        self._alarms(0)
        self._rate(1, rate_rows)
        for i, lead in enumerate(leads):
            self._st(1 + rate_rows + i * ST_ROWS, lead)
        self._scores(1 + rate_rows + ST_ROWS * len(leads), score_rows)
        self._coverage(self.frame.rows - 2)
        self._time(self.frame.rows - 1)
        self._cursor()
        return self.canvas

    def _alarms(self, y: int) -> None:
        self.canvas.write(y, 0, "alarms", Cell.DIM)
        loudest: dict[int, Priority] = {}
        for line in self.frame.alarms:
            if self.page.start_ns <= line.raised_ns < self.page.end_ns:
                cell = self._cell(line.raised_ns)
                loudest[cell] = max(loudest.get(cell, Priority.LOW), line.priority)
        for cell, priority in loudest.items():
            self.canvas.write(y, GUTTER + cell, LETTERS[priority], Cell.EVENT)

    def _rate(self, y: int, rows: int) -> None:
        values = self._values([point.rate_bpm for point in self.page.points])
        known = values[np.isfinite(values)]
        limits = self.frame.limits_bpm
        low, high = (limits[0] - 10, limits[1] + 10) if limits else (40.0, 140.0)
        if known.size:
            low, high = min(low, float(known.min())), max(high, float(known.max()))
        now = self.now.rate_bpm if self.now else None
        self.canvas.write(y, 0, f"HR {'---' if now is None else f'{now:.0f}'}/min", Cell.GUTTER)
        if rows >= 4:
            self.canvas.write(y + 1, 0, f"{high:>9.0f} ▔", Cell.DIM)
            self.canvas.write(y + rows - 1, 0, f"{low:>9.0f} ▁", Cell.DIM)
        self._curve(y, rows, values, low, high)
        for limit in limits or ():
            row = y + round((high - limit) / max(high - low, 1) * (rows - 1))
            self._dashes(row, f"{limit:>9.0f}╌╌" if rows >= 4 else "")

    def _st(self, y: int, lead: int) -> None:
        values = self._values([float(point.st_mv[lead]) for point in self.page.points])
        now = float(self.now.st_mv[lead]) if self.now else float("nan")
        self.canvas.write(y, 0, f"ST {LEADS[lead]}", Cell.GUTTER)
        self.canvas.write(y + 1, 0, f"{'   ---' if now != now else f'{now:+6.2f}'} mV", Cell.PLAIN)
        top = ST_DOT_MV * ST_ROWS * DOTS_Y / 2
        self._curve(y, ST_ROWS, values, ST_DOT_MV - top, top)

    def _st_leads(self, most: int) -> list[int]:
        looks = self.frame.looks
        if looks.leads is Leads.SINGLE:
            return [looks.lead]
        st = np.array([point.st_mv for point in self.page.points]).reshape(-1, len(LEADS))
        n_known = np.isfinite(st).sum(axis=0)
        known = [lead for lead in range(len(LEADS)) if n_known[lead]] or list(range(len(LEADS)))
        size = [
            float(np.nanquantile(np.abs(st[:, k]), 0.9)) if n_known[k] else 0.0 for k in range(len(LEADS))
        ]
        return sorted(sorted(known, key=lambda lead: -size[lead])[:most])

    def _scores(self, y: int, rows: int) -> None:
        values = self._values([point.score for point in self.page.points])
        low, high = columns_of(values, self.start, self.end, self.n, self.bounds)
        now = self.now.score if self.now else None
        self.canvas.write(y, 0, f"score {'---' if now is None else f'{now:.2f}'}", Cell.GUTTER)
        limit = y + rows - 1 - int(rows / SCORE_TOP)
        for x, peak in enumerate(high.tolist()):
            if peak != peak:
                continue
            eighths = round(min(max(peak, 0.0) / SCORE_TOP, 1.0) * rows * 8)
            kind = Cell.ABOVE if peak > 1 else Cell.TRACE
            for row in range(rows):
                bar = BARS[max(0, min(8, eighths - (rows - 1 - row) * 8))]
                bar = "▁" if bar == " " and row == rows - 1 else bar
                self.canvas.write(y + row, GUTTER + x, bar, kind if bar != " " else Cell.PLAIN)
        self._unmeasured(y, rows, np.isnan(low))
        self._dashes(limit, "")

    def _coverage(self, y: int) -> None:
        self.canvas.write(y, 0, "assessed", Cell.DIM)
        covered = [c for c in self.frame.covered if c.end_ns > self.page.start_ns]
        shares = np.array([c.share for c in covered], float)
        start = np.array([c.start_ns for c in covered], float) / S_NS
        end = np.array([c.end_ns for c in covered], float) / S_NS
        low, _ = columns_of(shares, start, end, self.n, self.bounds)
        for x, share in enumerate(low.tolist()):
            sign = NOT_RECORDED if share != share else "█" if share >= 0.95 else "▄" if share > 0.05 else "╱"
            self.canvas.write(y, GUTTER + x, sign, Cell.TRACE if sign == "█" else Cell.DIM)

    def _time(self, y: int) -> None:
        self.canvas.write(y, 0, "time", Cell.DIM)
        step = next((s for s in TICKS_S if s / self.page.page_s * self.n >= 9), TICKS_S[-1])
        tick = int(-(-self.bounds[0] // step) * step)
        while tick < self.bounds[1]:
            cell = self._cell(tick * S_NS)
            clock = f"╵{datetime.fromtimestamp(tick, self.frame.zone):%H:%M}"
            if cell + len(clock) <= self.n:
                self.canvas.write(y, GUTTER + cell, clock, Cell.PLAIN)
            tick += step

    def _cursor(self) -> None:
        x = GUTTER + self._cell(self.frame.cursor_ns)
        if GUTTER <= x < self.canvas.width:
            free = self.canvas.codes[:, x] == BLANK
            self.canvas.codes[free, x] = ord("│")
            self.canvas.kinds[free, x] = Cell.CURSOR
            self.canvas.write(self.frame.rows - 1, x, "▲", Cell.CURSOR)

    def _curve(self, y: int, rows: int, values: F64, bottom: float, top: float) -> None:
        low, high = columns_of(values, self.start, self.end, 2 * self.n, self.bounds)
        codes = plot(low, high, bottom, top, rows)
        self.canvas.codes[y : y + rows, GUTTER:] = codes
        self.canvas.kinds[y : y + rows, GUTTER:] = np.where(codes == BLANK, Cell.PLAIN, Cell.TRACE)
        self._unmeasured(y, rows, np.asarray(np.isnan(low).reshape(-1, 2).all(axis=1)))

    def _unmeasured(self, y: int, rows: int, missing: Bools) -> None:
        """Say in every empty column whether nothing was recorded, measured, or looked at yet."""
        rest, words = (NOT_MEASURED, MEASURED_WORDS) if self._done else (PENDING, PENDING_WORDS)
        recorded = np.array(self.recorded)
        for where, sign, said in (
            (missing & ~recorded, NOT_RECORDED, RECORDED_WORDS),
            (missing & recorded, rest, words),
        ):
            for a, b in stretches_of(where):
                for row in range(y, y + rows):
                    for x in range(a + (a + row) % 2, b, 2):
                        self.canvas.write(row, GUTTER + x, sign, Cell.DIM)
                if b - a >= len(said) + 4 and rows >= 5:
                    x = GUTTER + (a + b - len(said)) // 2
                    self.canvas.write(y + rows // 2, x, said, Cell.WORDS)

    def _dashes(self, y: int, words: str) -> None:
        if 0 <= y < self.canvas.rows:
            free = np.flatnonzero(self.canvas.codes[y, GUTTER:] == BLANK) + GUTTER
            self.canvas.codes[y, free] = ord("╌")
            self.canvas.kinds[y, free] = Cell.LIMIT
            if words and (self.canvas.codes[y, :GUTTER] == BLANK).all():
                self.canvas.write(y, 0, words, Cell.LIMIT)

    def _recorded(self) -> list[bool]:
        seen = np.zeros(self.n, bool)
        for start_ns, end_ns in self.page.recorded_ns:
            a, b = self._cell(start_ns), self._cell(end_ns - 1)
            seen[max(0, a) : max(0, b + 1)] = True
        return [bool(one) for one in seen]

    def _values(self, values: Sequence[float | None]) -> F64:
        return np.array([np.nan if value is None else value for value in values], float)

    def _cell(self, time_ns: int) -> int:
        return (time_ns - self.page.start_ns) * self.n // (self.page.page_s * S_NS)
