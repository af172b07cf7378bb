"""Hours of a recording in numbers: its windows read again at a coarse hop, overview first, then the rest."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np

from engine.amplitude import at_usual_size
from engine.arrays import F32, frozen
from engine.grid import FS_HZ, WINDOW_N
from engine.leads import N_LEADS
from engine.scoremap import ScoreMap
from monitor.pipeline.reading import Reading, WindowScorer, read
from monitor.pipeline.rhythm_watch import RhythmWatch
from monitor.recording.segment import SEGMENT_N, Segment
from monitor.review.cut import cut_window
from monitor.review.spot import S_NS
from monitor.review.tape import Tape
from monitor.review.usual import Usual

SEGMENT_S: Final = SEGMENT_N // FS_HZ
WINDOWS_OF: Final = ((3600, 6), (14400, 2))
"""Pages up to so many seconds take so many windows of each minute; longer ones take one."""


@dataclass(frozen=True, slots=True, eq=False)
class TrendPoint:
    """What one window said; it stands for the time since the window before."""

    start_ns: int
    end_ns: int
    rate_bpm: float | None
    st_mv: F32
    """(12,) mV, level at J + 60 ms; NaN where not measurable."""
    score: float | None
    """Over its threshold: 1 is the limit. None when not assessed."""
    reason: str | None


@dataclass(frozen=True, slots=True, eq=False)
class TrendPage:
    """Some time of one bed, as far as it is known yet."""

    bed: str
    start_ns: int
    page_s: int
    points: tuple[TrendPoint, ...]
    recorded_ns: tuple[tuple[int, int], ...]
    """When waveform is stored."""
    n_done: int
    """Segments analysed."""
    n_segments: int

    @property
    def end_ns(self) -> int:
        """One past the last moment."""
        return self.start_ns + self.page_s * S_NS


class Trends:
    """What has been analysed so far; belongs to one thread."""

    def __init__(self, tape: Tape) -> None:
        self._tape = tape
        self._known: dict[tuple[str, int, int], tuple[TrendPoint, ...]] = {}

    def pages(
        self, bed: str, start_ns: int, page_s: int, scorer: WindowScorer, usual: Usual
    ) -> Iterator[TrendPage]:
        """Yield the page with more points each time."""
        n_windows = next((n for most_s, n in WINDOWS_OF if page_s <= most_s), 1)
        end_ns = start_ns + page_s * S_NS
        segments = [
            (segment, self._tape.start_ns(segment))
            for segment in self._tape.recording.segments(bed)
            if segment.started_ns < end_ns and segment.started_ns + (SEGMENT_S + 1) * S_NS > start_ns
        ]
        recorded = tuple((at_ns, at_ns + SEGMENT_S * S_NS) for _, at_ns in segments)
        order = [segments[i] for i in coarse_first(len(segments))]
        keys = [self._key(segment, n_windows) for segment, _ in order]
        points = [point for key in keys for point in self._known.get(key, ())]
        n_done = sum(key in self._known for key in keys)
        yield TrendPage(bed, start_ns, page_s, tuple(points), recorded, n_done, len(order))
        for (segment, at_ns), key in zip(order, keys, strict=True):
            if key not in self._known:
                found = self._points(segment, at_ns, n_windows, scorer, usual)
                points, n_done = points + list(found), n_done + 1
                if key[2]:
                    self._known[key] = found
                yield TrendPage(bed, start_ns, page_s, tuple(points), recorded, n_done, len(order))

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
        watches = [RhythmWatch() for _ in windows]
        readings = read(windows, watches, scorer) if windows else []
        return tuple(
            _point(reading, watch, usual.judged(reading.score, scorer.model, end_ns), end_ns, min(at, step))
            for reading, watch, at in zip(readings, watches, ends, strict=True)
            for end_ns in (start_ns + at * S_NS // FS_HZ,)
        )


def coarse_first(n: int) -> list[int]:
    """0 to n - 1, spread over the whole from the start: every second, fourth, ... is seen before the rest."""
    n_bits = max(1, (n - 1).bit_length())
    order = (int(f"{i:0{n_bits}b}"[::-1], 2) for i in range(1 << n_bits))
    return [i for i in order if i < n]


def _point(reading: Reading, watch: RhythmWatch, score: ScoreMap, end_ns: int, n: int) -> TrendPoint:
    levels = watch.levels.seen_mv
    return TrendPoint(
        end_ns - n * S_NS // FS_HZ,
        end_ns,
        reading.vitals.heart_rate_bpm,
        levels[-1] if len(levels) else frozen(np.full(N_LEADS, np.nan, np.float32)),
        float(score.score / score.threshold) if score.assessed else None,
        score.reason,
    )
