"""One panel of the sweep as arrays of character cells: numpy alone, no terminal."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from engine.arrays import I64, Bools
from engine.grid import FS_HZ
from engine.ring import Ring
from monitor.tui.braille import BLANK, DOTS_X, DOTS_Y, Codes, Kinds, pack
from monitor.tui.envelope import Envelope, measure_envelope
from monitor.tui.layout import Panel
from monitor.tui.marks import Marks

TRACE: Final = 0
MARKED: Final = 1
NO_SIGNAL: Final = 2
"""Kinds of cells; the widget gives each its colours."""

MARK_ABOVE: Final = ord("▔")
MARK_BELOW: Final = ord("▁")
MARK_START: Final = ord("◆")
HATCH: Final = ord("╱")
LANE_MM: Final = 14.0
"""Height of a lane in the millimetres of the gain: 1.4 mV fit between two leads at 10 mm/mV."""
OVERLAP: Final = 0.12
"""A wave may reach this share of a lane into its neighbours before it is cut off."""
PEAKS: Final = 0.03
"""Share of columns above and below which the height of a wave is judged, to centre it in its lane."""
CENTRED_AFTER_S: Final = 3
"""Until so much signal is known, the height of the waves is judged again every second."""
FILLED_MM: Final = 10.0
MAX_SHIFT: Final = 0.3
"""The baseline stays within this share of a lane from the lane's middle."""
_NEVER: Final = -2
_EMPTY: Final = -1


@dataclass(frozen=True, slots=True)
class Scale:
    """How signal becomes dots."""

    samples_per_dot: int
    gain_mm_per_mv: float
    calibrated: bool = True
    """False if the amplitude is unknown: then each lane has a scale of its own, in which its wave spans
    `FILLED_MM` at 10 mm/mV."""

    @property
    def samples_per_cell(self) -> int:
        """Samples that share one column of cells."""
        return self.samples_per_dot * DOTS_X


class PanelRaster:
    """What is drawn of a panel; `show` brings it to a new moment and says which columns changed."""

    def __init__(self, panel: Panel, scale: Scale) -> None:
        self.panel = panel
        self.scale = scale
        shape = (panel.rows, panel.trace_width)
        self.codes: Codes = np.full(shape, BLANK, np.uint32)
        self.kinds: Kinds = np.zeros(shape, np.uint8)
        self._drawn: I64 = np.full(panel.trace_width, _NEVER, np.int64)
        self._leads = np.array([lane.lead for lane in panel.lanes])
        self._lane_of_row = np.repeat(np.arange(len(panel.lanes)), [lane.rows for lane in panel.lanes])
        self._middle, self._lane_dots, dots_per_mv = _lane_geometry(panel, scale)
        self._dots_per_mv = np.full(len(panel.lanes), dots_per_mv)
        self._shift = np.zeros(len(panel.lanes))
        self._pass = (_NEVER, _NEVER)

    @property
    def seconds(self) -> float:
        """Signal shown from the left edge to the right."""
        return self.panel.trace_width * self.scale.samples_per_cell / FS_HZ

    def forget(self) -> None:
        """Draw everything again at the next `show`."""
        self._drawn[:] = _NEVER

    def show(self, ring: Ring, marks: Marks, end: int, *, sweeping: bool) -> I64:
        """Draw the signal up to sample `end`; return the columns (ascending) that changed."""
        wanted = self._wanted(end, sweeping)
        newest = (end - 1) // self.scale.samples_per_cell
        drawn_newest = int(self._drawn.max(initial=_NEVER))
        again = (wanted >= drawn_newest) & (wanted <= newest)  # the newest column was drawn half full
        known = min(end // FS_HZ, CENTRED_AFTER_S)
        this_pass = (newest // self.panel.trace_width if sweeping else 0, known)
        if this_pass != self._pass:
            if known != self._pass[1]:
                self.forget()  # the first seconds were centred on less
            self._pass = this_pass
            self._place(ring, end)
        changed = np.flatnonzero((wanted != self._drawn) | (again & (wanted != _EMPTY)))
        if changed.size:
            self._draw(changed, wanted[changed], ring, marks, end)
            self._drawn[changed] = wanted[changed]
        return changed

    def _wanted(self, end: int, sweeping: bool) -> I64:
        """Which column of signal (absolute) belongs at each place; `_EMPTY` under the erase bar."""
        width = self.panel.trace_width
        newest = (end - 1) // self.scale.samples_per_cell
        x = np.arange(width)
        if not sweeping:
            return np.maximum(newest - (width - 1) + x, _EMPTY)
        age = (newest - x) % width
        bar = min(max(3, width // 25), width - 1)
        return np.where(age < width - bar, np.maximum(newest - age, _EMPTY), _EMPTY)

    def _draw(self, places: I64, columns: I64, ring: Ring, marks: Marks, end: int) -> None:
        self.codes[:, places] = BLANK
        self.kinds[:, places] = TRACE
        real = columns != _EMPTY
        if not real.any():
            return
        places, columns = places[real], columns[real]
        first, last = int(columns.min()), int(columns.max())
        n_cells = last - first + 1
        envelope = measure_envelope(ring, first * DOTS_X, n_cells * DOTS_X, self.scale.samples_per_dot, end)
        marked = marks.on_cells(first - 1, n_cells + 1, self.scale.samples_per_cell)
        self._put(places, columns - first, envelope, marked)

    def _put(self, places: I64, picks: I64, envelope: Envelope, marked: Bools) -> None:
        codes = pack(self._dots(envelope))[:, picks]
        kinds = np.zeros(codes.shape, np.uint8)
        lanes = self._lane_of_row
        valid = envelope.valid[self._leads].reshape(self._leads.size, -1, DOTS_X).any(axis=2)[:, picks][lanes]
        codes[~valid] = BLANK
        hatched = ~valid & ((np.arange(codes.shape[0])[:, None] + places) % 2 == 0)
        codes[hatched] = HATCH
        kinds[~valid] = NO_SIGNAL
        mark = marked[self._leads][:, picks + 1]
        kinds[mark[lanes] & valid] = MARKED
        self._frame(codes, kinds, mark, mark & ~marked[self._leads][:, picks])
        self.codes[:, places] = codes
        self.kinds[:, places] = kinds

    def _frame(self, codes: Codes, kinds: Kinds, mark: Bools, starts: Bools) -> None:
        """Frame marked stretches above and below, where no trace runs: marks show without colour, too."""
        for lane, starting, bar in zip(self.panel.lanes, starts, mark, strict=True):
            for y, glyph in ((lane.top + lane.rows - 1, MARK_BELOW), (lane.top, MARK_ABOVE)):
                codes[y, bar & (kinds[y] == MARKED) & (codes[y] == BLANK)] = glyph
            codes[lane.top, starting & (kinds[lane.top] == MARKED)] = MARK_START

    def _dots(self, envelope: Envelope) -> Bools:
        """Raster (4 rows, n) of all lanes; traces may overlap."""
        low, high = envelope.low[self._leads], envelope.high[self._leads]
        valid = envelope.valid[self._leads]
        middle, reach = self._middle[:, None], self._lane_dots * (0.5 + OVERLAP)
        zero = middle + self._shift[:, None]
        per_mv = self._dots_per_mv[:, None]
        top = np.clip(zero - np.where(valid, high, 0) * per_mv, middle - reach, middle + reach)
        bottom = np.clip(zero - np.where(valid, low, 0) * per_mv, middle - reach, middle + reach)
        top_dot, bottom_dot = np.rint(top).astype(np.int64), np.rint(bottom).astype(np.int64)
        y = np.arange(self.panel.rows * DOTS_Y)[:, None, None]
        lit: Bools = ((y >= top_dot) & (y <= bottom_dot) & valid).any(axis=1)
        return lit

    def _place(self, ring: Ring, end: int) -> None:
        """Lower each trace so that its waves sit in the middle of its lane; size it if that is unknown.

        Judged once in a pass of the sweep: what is drawn stays where it is.
        """
        n = self.panel.trace_width * DOTS_X
        spd = self.scale.samples_per_dot
        envelope = measure_envelope(ring, end // spd - n, n, spd, end)
        valid = envelope.valid[self._leads]
        high = np.quantile(np.where(valid, envelope.high[self._leads], 0), 1 - PEAKS, axis=1)
        low = np.quantile(np.where(valid, envelope.low[self._leads], 0), PEAKS, axis=1)
        limit = MAX_SHIFT * self._lane_dots
        if not self.scale.calibrated:
            limit = np.inf
            highest = np.where(valid, envelope.high[self._leads], -np.inf).max(axis=1)
            lowest = np.where(valid, envelope.low[self._leads], np.inf).min(axis=1)
            span = np.where(highest > lowest, highest - lowest, np.inf)
            self._dots_per_mv = FILLED_MM / 10 * self.scale.gain_mm_per_mv * self._lane_dots / LANE_MM / span
            high, low = np.where(np.isfinite(span), (highest, lowest), 0.0)
        self._shift = np.clip((high + low) / 2 * self._dots_per_mv, -limit, limit)


def _lane_geometry(panel: Panel, scale: Scale) -> tuple[NDArray[np.float64], float, float]:
    """Middle of each lane, height of a lane, and height of 1 mV; in dots."""
    rows = np.array([lane.rows for lane in panel.lanes], float)
    tops = np.array([lane.top for lane in panel.lanes], float)
    pitch = panel.rows / max(1, len(panel.lanes))  # the same scale in every lane, though rows differ by one
    lane_dots = pitch * DOTS_Y
    middle = np.floor((tops + rows / 2) * DOTS_Y)  # on a dot: a flat line must not flicker between two
    return middle, lane_dots, scale.gain_mm_per_mv * lane_dots / LANE_MM
