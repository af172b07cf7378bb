"""Hours of a bed in numbers: the minutes that the core journalled; where there are none, the windows of the
recording read again at a coarse hop, overview first, then the rest.
"""

import sys
from bisect import bisect_right
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from engine.amplitude import at_usual_size
from engine.grid import FS_HZ, WINDOW_N
from monitor.journal.entry import EntryKind
from monitor.journal.reader import JournalReader
from monitor.pipeline.reading import WindowScorer, read
from monitor.pipeline.rhythm_watch import RhythmWatch
from monitor.recording.segment import SEGMENT_N, Segment
from monitor.review.cut import cut_window
from monitor.review.spot import S_NS
from monitor.review.tape import Tape
from monitor.review.trendpoint import TrendPoint, of_minute, of_window
from monitor.review.usual import Usual

SEGMENT_S: Final = SEGMENT_N // FS_HZ
WINDOWS_OF: Final = ((3600, 6), (14400, 2))
"""Pages up to so many seconds take so many windows of each minute; longer ones take one."""
FINE_PAGE_S: Final = 600
"""On pages up to so long windows are read even where the minutes are journalled: they show more."""


@dataclass(frozen=True, slots=True, eq=False)
class TrendPage:
    """Some time of one bed, as far as it is known yet."""

    bed: str
    start_ns: int
    page_s: int
    points: tuple[TrendPoint, ...]
    recorded_ns: tuple[tuple[int, int], ...]
    """When waveform is stored, or was when the core journalled the minute."""
    n_done: int
    """Segments analysed."""
    n_segments: int

    @property
    def end_ns(self) -> int:
        """One past the last moment."""
        return self.start_ns + self.page_s * S_NS


class Trends:
    """What has been analysed so far; belongs to one thread."""

    def __init__(self, directory: Path, tape: Tape) -> None:
        self._directory = directory
        self._tape = tape
        self._known: dict[tuple[str, int, int], tuple[TrendPoint, ...]] = {}

    def pages(
        self, bed: str, start_ns: int, page_s: int, scorer: Callable[[], WindowScorer], usual: Usual
    ) -> Iterator[TrendPage]:
        """Yield the page with more points each time."""
        n_windows = next((n for most_s, n in WINDOWS_OF if page_s <= most_s), 1)
        end_ns = start_ns + page_s * S_NS
        minutes, segments = self._minutes(bed, start_ns, end_ns), self._segments(bed, start_ns, end_ns)
        stored = [(at_ns, at_ns + SEGMENT_S * S_NS) for _, at_ns in segments]
        told = [(minute.start_ns, minute.end_ns) for minute in minutes]
        if page_s <= FINE_PAGE_S:
            minutes = [one for one, span in zip(minutes, told, strict=True) if _is_beyond(span, stored)]
        else:
            segments = [one for one, span in zip(segments, stored, strict=True) if _is_beyond(span, told)]
        recorded = (*stored, *told)
        order = [segments[i] for i in coarse_first(len(segments))]
        keys = [self._key(segment, n_windows) for segment, _ in order]
        points = [*minutes, *(point for key in keys for point in self._known.get(key, ()))]
        n_done = sum(key in self._known for key in keys)
        yield TrendPage(bed, start_ns, page_s, tuple(points), recorded, n_done, len(order))
        for (segment, at_ns), key in zip(order, keys, strict=True):
            if key not in self._known:
                found = self._points(segment, at_ns, n_windows, scorer(), usual)
                points, n_done = points + list(found), n_done + 1
                if key[2]:
                    self._known[key] = found
                yield TrendPage(bed, start_ns, page_s, tuple(points), recorded, n_done, len(order))

    def _minutes(self, bed: str, start_ns: int, end_ns: int) -> list[TrendPoint]:
        """Minutes of the page that the core journalled, by time; each is entered at its end."""
        with JournalReader(self._directory) as journal:
            entries = journal.entries(EntryKind.TREND, bed, start_ns, end_ns + SEGMENT_S * S_NS)
            minutes = [of_minute(entry) for entry in entries]
        return sorted((one for one in minutes if one.start_ns < end_ns), key=lambda one: one.start_ns)

    def _segments(self, bed: str, start_ns: int, end_ns: int) -> list[tuple[Segment, int]]:
        """Segments of the page that are stored, and when each begins."""
        return [
            (segment, self._tape.start_ns(segment))
            for segment in self._tape.recording.segments(bed)
            if segment.started_ns < end_ns and segment.started_ns + (SEGMENT_S + 1) * S_NS > start_ns
        ]

    def _key(self, segment: Segment, n: int) -> tuple[str, int, int]:
        """What a segment's points are known by; the last is 0 while it is being written."""
        return segment.place, n, self._tape.recording.header(segment).n or 0

    def _points(
        self, segment: Segment, start_ns: int, n: int, scorer: WindowScorer, usual: Usual
    ) -> tuple[TrendPoint, ...]:
        first = segment.first_sample
        strip = self._tape.read(segment.bed, segment.run, first, first + SEGMENT_N)
        n_stored = int(np.flatnonzero(strip.stored)[-1]) + 1 if strip.stored.any() else 0
        step = SEGMENT_N // n
        ends = [at for at in range(step, SEGMENT_N + 1, step) if WINDOW_N <= at <= n_stored]
        if n_stored >= WINDOW_N and not ends:
            ends = [n_stored]
        windows = [at_usual_size(cut_window(strip, first + at)) for at in ends]
        readings = read(windows, [RhythmWatch() for _ in windows], scorer) if windows else []
        return tuple(
            of_window(reading, usual.judged(reading.score, scorer.model, end_ns), end_ns, min(at, step))
            for reading, at in zip(readings, ends, strict=True)
            for end_ns in (start_ns + at * S_NS // FS_HZ,)
        )


def coarse_first(n: int) -> list[int]:
    """0 to n - 1, spread over the whole from the start: every second, fourth, ... is seen before the rest."""
    n_bits = max(1, (n - 1).bit_length())
    order = (int(f"{i:0{n_bits}b}"[::-1], 2) for i in range(1 << n_bits))
    return [i for i in order if i < n]


def _is_beyond(span: tuple[int, int], others: list[tuple[int, int]]) -> bool:
    """Whether none of the others, by time, covers its middle."""
    middle = (span[0] + span[1]) // 2
    at = bisect_right(others, (middle, sys.maxsize)) - 1
    return at < 0 or others[at][1] <= middle
