"""Traces of a stretch in stacked lanes, still: the real signal, and the restored one as dots beside it."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from engine.arrays import F32, Bools
from engine.span import Span
from monitor.review.canvas import Cell
from monitor.review.section import LEAD_IN_N, Section
from monitor.tui.braille import BLANK, DOTS_X, DOTS_Y, Codes, Kinds, pack
from monitor.tui.layout import Panel
from monitor.tui.marks import Marks
from monitor.tui.raster import (
    FILLED_MM,
    HATCH,
    LANE_MM,
    MARK_ABOVE,
    MARK_BELOW,
    MARK_START,
    MAX_SHIFT,
    OVERLAP,
    PEAKS,
    Scale,
)

MARK_START_NOW: Final = ord("◇")
_BASELINE_N: Final = LEAD_IN_N - 1


@dataclass(frozen=True, slots=True, eq=False)
class _Bars:
    """What each column of dots must show, of the panel's leads."""

    low: F32
    high: F32
    valid: Bools


def draw_lanes(panel: Panel, scale: Scale, section: Section) -> tuple[Codes, Kinds]:
    """Draw the panel's lanes, (rows, trace_width) cells."""
    leads = [lane.lead for lane in panel.lanes]
    x, valid = section.strip.x[leads], section.strip.valid[leads]
    base = _baseline(x, valid)
    real = _bars(x, valid, base, panel.trace_width, scale)
    place = _Placement(panel, scale, real)
    dots = place.dots(real)
    codes = pack(dots)
    kinds = np.full(codes.shape, Cell.TRACE, np.uint8)
    lane_of_row = np.repeat(np.arange(len(leads)), [lane.rows for lane in panel.lanes])
    seen: Bools = np.asarray(real.valid.reshape(len(leads), -1, DOTS_X).any(axis=2))[lane_of_row]
    if section.restored is not None:
        restored = section.restored.x[leads]
        ghost = place.dots(_bars(restored, np.isfinite(restored), base, panel.trace_width, scale))
        ghost[:, 1::2] = False  # a dotted line
        alone = (codes == BLANK) & seen
        codes[alone] = pack(ghost)[alone]
        kinds[alone & (codes != BLANK)] = Cell.GHOST
    hatched = ~seen & ((np.arange(codes.shape[0])[:, None] + np.arange(codes.shape[1])) % 2 == 0)
    codes[~seen] = BLANK
    codes[hatched] = HATCH
    kinds[~seen] = Cell.NO_SIGNAL
    for spans, kind, start in (
        (section.spans, Cell.MARKED_NOW, MARK_START_NOW),
        (section.marked, Cell.MARKED, MARK_START),
    ):
        _mark(codes, kinds, panel, spans, section.stretch.start, scale, kind, start)
    return codes, kinds


def _mark(
    codes: Codes, kinds: Kinds, panel: Panel, spans: tuple[Span, ...], start: int, scale: Scale,
    kind: Cell, first: int,
) -> None:  # fmt: skip
    """Shade marked stretches of each lane, framed above and below so that they show without colour."""
    n = scale.samples_per_cell
    marked = Marks(spans).on_cells(start // n - 1, codes.shape[1] + 1, n)
    for lane in panel.lanes:
        rows = slice(lane.top, lane.top + lane.rows)
        bar = marked[lane.lead, 1:] & (kinds[lane.top] != Cell.NO_SIGNAL)
        area = kinds[rows]
        ghost = (area[:, bar] == Cell.GHOST) | (area[:, bar] == Cell.GHOST_MARKED)
        area[:, bar] = np.where(ghost, Cell.GHOST_MARKED, kind)
        for y, glyph in ((lane.top + lane.rows - 1, MARK_BELOW), (lane.top, MARK_ABOVE)):
            codes[y, bar & (codes[y] == BLANK)] = glyph
        begins = bar & ~marked[lane.lead, :-1]
        codes[lane.top, begins] = first
        kinds[lane.top, begins] = kind


def _baseline(x: F32, valid: Bools) -> F32:
    """Mean of the valid samples of the last three seconds, from the sample before the stretch on."""
    total = np.cumsum(np.where(valid, x, 0.0), axis=1, dtype=np.float64)
    count = np.cumsum(valid, axis=1, dtype=np.int64)
    sums = total[:, _BASELINE_N:] - np.pad(total, ((0, 0), (1, 0)))[:, 1:-_BASELINE_N]
    counts = count[:, _BASELINE_N:] - np.pad(count, ((0, 0), (1, 0)))[:, 1:-_BASELINE_N]
    mean: F32 = (sums / np.maximum(counts, 1)).astype(np.float32)
    return mean


def _bars(x: F32, valid: Bools, base: F32, width: int, scale: Scale) -> _Bars:
    """Range of each column of dots; it starts at the last sample of the one before, so that flanks join."""
    spd, n = scale.samples_per_dot, width * scale.samples_per_cell
    shown = valid[:, _BASELINE_N : _BASELINE_N + n + 1]
    level = x[:, _BASELINE_N : _BASELINE_N + n + 1] - base[:, : n + 1]
    above, below = np.where(shown, level, -np.inf), np.where(shown, level, np.inf)
    shape = (len(x), width * DOTS_X, spd)
    before = slice(0, n, spd)
    return _Bars(
        np.minimum(below[:, 1:].reshape(shape).min(axis=2), below[:, before]).astype(np.float32),
        np.maximum(above[:, 1:].reshape(shape).max(axis=2), above[:, before]).astype(np.float32),
        np.asarray(shown[:, 1:].reshape(shape).any(axis=2)),
    )


class _Placement:
    """Where a voltage stands in its lane: waves in the middle, one scale for all unless it is unknown."""

    def __init__(self, panel: Panel, scale: Scale, real: _Bars) -> None:
        self._rows = panel.rows
        self._lane_dots = panel.rows / max(1, len(panel.lanes)) * DOTS_Y
        tops = np.array([lane.top for lane in panel.lanes], float)
        rows = np.array([lane.rows for lane in panel.lanes], float)
        self._middle = np.floor((tops + rows / 2) * DOTS_Y)[:, None]
        high = np.quantile(np.where(real.valid, real.high, 0), 1 - PEAKS, axis=1)
        low = np.quantile(np.where(real.valid, real.low, 0), PEAKS, axis=1)
        limit = MAX_SHIFT * self._lane_dots
        per_mv = np.full(len(panel.lanes), scale.gain_mm_per_mv * self._lane_dots / LANE_MM)
        if not scale.calibrated:
            limit = np.inf
            highest = np.where(real.valid, real.high, -np.inf).max(axis=1)
            lowest = np.where(real.valid, real.low, np.inf).min(axis=1)
            span = np.where(highest > lowest, highest - lowest, np.inf)
            per_mv = FILLED_MM / 10 * per_mv / span
            high, low = np.where(np.isfinite(span), (highest, lowest), 0.0)
        self._per_mv = per_mv[:, None]
        self._zero = self._middle + np.clip((high + low) / 2 * per_mv, -limit, limit)[:, None]

    def dots(self, bars: _Bars) -> Bools:
        """Raster (4 rows, 2 width) of all lanes; a wave may reach a little into the lanes beside its own."""
        reach = self._lane_dots * (0.5 + OVERLAP)
        top = self._dot(np.where(bars.valid, bars.high, 0), reach)
        bottom = self._dot(np.where(bars.valid, bars.low, 0), reach)
        y = np.arange(self._rows * DOTS_Y)[:, None, None]
        lit: Bools = np.asarray(((y >= top) & (y <= bottom) & bars.valid).any(axis=1))
        return lit

    def _dot(self, mv: F32, reach: float) -> NDArray[np.int64]:
        at = np.clip(self._zero - mv * self._per_mv, self._middle - reach, self._middle + reach)
        dot: NDArray[np.int64] = np.rint(at).astype(np.int64)
        return dot
