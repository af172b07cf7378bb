"""Reading what was recorded, while it is being recorded or afterwards."""

from pathlib import Path
from typing import Final

import numpy as np

from engine.arrays import frozen
from engine.errors import RecordError
from engine.grid import FS_HZ
from engine.leads import N_LEADS
from monitor.recording import shelf
from monitor.recording.header import Header
from monitor.recording.scaling import I16
from monitor.recording.sealing import read_closed, read_open
from monitor.recording.segment import SEGMENT_N, Segment
from monitor.recording.strip import Strip

_ATTEMPTS: Final = 3
"""A segment may be sealed, or deleted, while it is being read."""


class Recording:
    """A folder of segments. Samples are counted per bed and run; see `runs`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._days: dict[Path, tuple[int, list[Segment]]] = {}
        """Day's folder -> when it last changed, and what was in it then."""

    @property
    def beds(self) -> tuple[str, ...]:
        """Beds of which something is stored."""
        return shelf.beds_in(self.folder)

    def segments(self, bed: str, run: str | None = None) -> list[Segment]:
        """What is stored of a bed, oldest first, of one run if asked."""
        found = [segment for day in shelf.days_of(self.folder, bed) for segment in self._day(bed, day)]
        return [segment for segment in found if run is None or segment.run == run]

    def runs(self, bed: str) -> tuple[str, ...]:
        """Runs of the core of which something is stored, oldest first."""
        return tuple(dict.fromkeys(segment.run for segment in self.segments(bed)))

    def header(self, segment: Segment) -> Header:
        """A segment's header; `n` is None while it is being written."""
        return Header.read(self.folder, segment)

    def bounds(self, bed: str, run: str) -> tuple[int, int] | None:
        """First sample and one past the last that are stored of a run; None if nothing is."""
        segments = self.segments(bed, run)
        if not segments:
            return None
        _, steps = self._content(segments[-1])
        return segments[0].first_sample, segments[-1].first_sample + int(steps.shape[1])

    def locate(self, bed: str, time_ns: int) -> tuple[str, int] | None:
        """Run and absolute sample of a wall-clock time; None if nothing is stored from before it."""
        before = [segment for segment in self.segments(bed) if segment.started_ns <= time_ns]
        if not before:
            return None
        header = self.header(before[-1])
        after_n = max(0, time_ns - header.start_ns) * FS_HZ // 1_000_000_000
        return before[-1].run, header.first_sample + min(after_n, SEGMENT_N)

    def read(self, bed: str, start_sample: int, end_sample: int, run: str | None = None) -> Strip:
        """Read a stretch, of the newest run unless another is named; what is not stored is NaN."""
        segments = self.segments(bed)
        if run is None:
            run = segments[-1].run if segments else ""
        shape = N_LEADS, end_sample - start_sample
        x = np.full(shape, np.nan, np.float32)
        stored, lead_off = np.zeros(shape[1], np.bool_), np.zeros(shape, np.bool_)
        present = np.zeros(N_LEADS, np.bool_)
        start_ns, about, damage = 0, {}, []
        for segment in segments:
            if segment.run != run or not _overlap(segment, start_sample, end_sample):
                continue
            try:
                header, steps = self._content(segment)
            except FileNotFoundError:
                damage.append(f"segment {segment.place} is incomplete: a file of it is missing")
                continue
            except (RecordError, OSError) as error:
                damage.append(f"segment {segment.place} cannot be read: {error}")
                continue
            first, last = segment.first_sample, segment.first_sample + int(steps.shape[1])
            a, b = max(start_sample, first), min(end_sample, last)
            if a >= b:
                continue
            to, cut = slice(a - start_sample, b - start_sample), slice(a - first, b - first)
            leads = list(header.leads)
            x[leads, to] = header.scaling.millivolts(steps[:-1, cut])
            lead_off[:, to] = steps[-1, cut] >> np.arange(N_LEADS)[:, None] & 1
            stored[to] = True
            present[leads] = True
            if not start_ns:
                start_ns = header.start_ns + (start_sample - first) * 1_000_000_000 // FS_HZ
                about = header.about
        return Strip(
            bed, run, start_sample, frozen(x), frozen(stored), frozen(lead_off), frozen(present), start_ns,
            about, tuple(damage),
        )  # fmt: skip

    def _day(self, bed: str, day: Path) -> list[Segment]:
        try:
            changed_ns = day.stat().st_mtime_ns
        except FileNotFoundError:  # its last segment was dropped just now
            return []
        if self._days.get(day, (None,))[0] != changed_ns:
            self._days[day] = changed_ns, shelf.segments_on(bed, day)
        return self._days[day][1]

    def _content(self, segment: Segment) -> tuple[Header, I16]:
        for attempt in range(_ATTEMPTS):
            header = Header.read(self.folder, segment)
            try:
                read = read_open if header.n is None else read_closed
                return header, read(self.folder, segment, header)
            except FileNotFoundError:
                if attempt == _ATTEMPTS - 1:
                    raise
        raise AssertionError  # not reached


def _overlap(segment: Segment, start: int, end: int) -> bool:
    return segment.first_sample < end and segment.first_sample + SEGMENT_N > start
