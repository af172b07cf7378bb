"""Where the spans lie: absolute samples, so that a mark stays put while the sweep moves on."""

from collections.abc import Iterable
from typing import Final

import numpy as np

from engine.arrays import Bools
from engine.span import Span

N_LEADS: Final = 12


class Marks:
    """Spans as arrays, for asking which columns of which leads they cover."""

    def __init__(self, spans: Iterable[Span] = ()) -> None:
        self.spans = tuple(spans)
        self._lead = np.array([span.lead for span in self.spans], np.int64)
        self._onset = np.array([span.onset for span in self.spans], np.int64)[:, None]
        self._offset = np.array([span.offset for span in self.spans], np.int64)[:, None]

    def on_cells(self, first: int, n: int, samples_per_cell: int) -> Bools:
        """(12, n) bool: the column `first + i` of the lead holds a sample of a span."""
        marked = np.zeros((N_LEADS, n), bool)
        if self.spans:
            start = np.arange(first, first + n) * samples_per_cell
            hit = (self._onset < start + samples_per_cell) & (self._offset > start)
            np.logical_or.at(marked, self._lead, hit)
        return marked

    def updated(self, spans: Iterable[Span], settled: int, oldest: int) -> "Marks":
        """These marks after news: what ended before `settled` stays, the rest is as the news say."""
        new = tuple(spans)
        known = set(new)
        old = (s for s in self.spans if oldest < s.offset <= settled and s not in known)
        return Marks((*old, *new))
