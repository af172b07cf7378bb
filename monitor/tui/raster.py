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

MARK_BAR: Final = ord("▔")
MARK_START: Final = ord("◆")
HATCH: Final = ord("╱")
LANE_MM: Final = 12.0
"""Height of a lane in the millimetres of the gain: 1.2 mV fit between two leads at 10 mm/mV."""
OVERLAP: Final = 0.5
"""A wave may reach this share of a lane into its neighbours before it is cut off."""
_NEVER: Final = -2
_EMPTY: Final = -1


@dataclass(frozen=True, slots=True)
class Scale:
    """How signal becomes dots."""

    samples_per_dot: int
    gain_mm_per_mv: float

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
        self._centre, self._reach, self._dots_per_mv = _lane_geometry(panel, scale)

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
        bar = min(max(2, width // 25), width - 1)
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
        starts = mark & ~marked[self._leads][:, picks]
        on = mark[lanes] & valid
        kinds[on] = MARKED
        for lane, starting, bar in zip(self.panel.lanes, starts, mark, strict=True):
            row, kind = codes[lane.top], kinds[lane.top]
            free = bar & (kind == MARKED) & (row == BLANK)
            row[free] = MARK_BAR
            row[starting & (kind == MARKED)] = MARK_START
        self.codes[:, places] = codes
        self.kinds[:, places] = kinds

    def _dots(self, envelope: Envelope) -> Bools:
        """Raster (4 rows, n) of all lanes; traces may overlap."""
        low, high = envelope.low[self._leads], envelope.high[self._leads]
        valid = envelope.valid[self._leads]
        per_mv, centre, reach = self._dots_per_mv[:, None], self._centre[:, None], self._reach[:, None]
        top = np.clip(centre - np.where(valid, high, 0) * per_mv, centre - reach, centre + reach)
        bottom = np.clip(centre - np.where(valid, low, 0) * per_mv, centre - reach, centre + reach)
        top_dot, bottom_dot = np.rint(top).astype(np.int64), np.rint(bottom).astype(np.int64)
        y = np.arange(self.panel.rows * DOTS_Y)[:, None, None]
        lit: Bools = ((y >= top_dot) & (y <= bottom_dot) & valid).any(axis=1)
        return lit


def _lane_geometry(panel: Panel, scale: Scale) -> tuple[NDArray[np.float64], ...]:
    """Centre and reach (dots) and dots per mV of each lane."""
    rows = np.array([lane.rows for lane in panel.lanes], float)
    tops = np.array([lane.top for lane in panel.lanes], float)
    pitch = panel.rows / max(1, len(panel.lanes))  # the same scale in every lane, though rows differ by one
    centre = (tops + rows / 2) * DOTS_Y - 0.5
    reach = np.full(rows.shape, pitch * DOTS_Y * (0.5 + OVERLAP))
    per_mv = np.full(rows.shape, scale.gain_mm_per_mv * pitch * DOTS_Y / LANE_MM)
    return centre, reach, per_mv
