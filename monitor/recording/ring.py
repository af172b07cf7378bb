"""How much is kept: the oldest segments go first, those of open alarms last."""

import bisect
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import takewhile
from pathlib import Path
from typing import Final

from engine.grid import FS_HZ
from monitor.recording.segment import SEGMENT_N, Segment

BEFORE_NS: Final = 90_000_000_000
AFTER_NS: Final = 60_000_000_000
"""What is kept around the raising of an open alarm."""
_SEGMENT_NS: Final = SEGMENT_N // FS_HZ * 1_000_000_000
_HOUR_NS: Final = 3_600_000_000_000


@dataclass(frozen=True, slots=True)
class Keep:
    """Limits of a recording."""

    n_bytes: int = 10_000_000_000
    hours: float = 72.0
    reserve_bytes: int = 200_000_000
    """Left free on the disk for the journal."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """An open alarm: somebody will want to see what it was raised for."""

    bed: str
    alarm_id: int
    raised_ns: int

    def touches(self, segment: Segment) -> bool:
        """Whether the segment holds signal from around the alarm."""
        if segment.bed != self.bed:
            return False
        ended_ns = segment.started_ns + _SEGMENT_NS
        return segment.started_ns <= self.raised_ns + AFTER_NS and ended_ns >= self.raised_ns - BEFORE_NS


@dataclass(frozen=True, slots=True)
class Drop:
    """Segments that must go, and why."""

    segments: tuple[Segment, ...]
    why: str
    alarms: tuple[Wanted, ...] = ()
    """Open alarms that lose their waveform by it."""


class Ring:
    """The segments on disk in order of time, with their sizes."""

    def __init__(self, keep: Keep) -> None:
        self.keep = keep
        self.n_bytes = 0
        self._kept: list[tuple[Segment, int]] = []

    def add(self, segment: Segment, n_bytes: int) -> None:
        """Count a segment."""
        bisect.insort(self._kept, (segment, n_bytes))
        self.n_bytes += n_bytes

    def drop(self, now_ns: int, free_bytes: int, wanted: Sequence[Wanted]) -> list[Drop]:
        """Take out of the count, and return, what must go now."""
        too_old_ns = now_ns - round(self.keep.hours * _HOUR_NS)
        old = takewhile(lambda entry: entry[0].started_ns < too_old_ns, self._kept)
        room = (
            f"no room (limits: {self.keep.n_bytes / 1e9:g} GB; {self.keep.reserve_bytes / 1e6:g} MB are left "
            "free on the disk)"
        )
        before = self.n_bytes
        aged = self._gone(_without(old, wanted))
        most = self._until_it_fits(_without(self._kept, wanted), free_bytes + before - self.n_bytes)
        last = self._until_it_fits(self._kept, free_bytes + before - self.n_bytes)
        losing = tuple(alarm for alarm in wanted if any(map(alarm.touches, last)))
        drops = [
            Drop(aged, f"older than {self.keep.hours:g} h"),
            Drop(most, room),
            Drop(last, f"{room}, and nothing but waveforms of open alarms was left", losing),
        ]
        return [drop for drop in drops if drop.segments]

    def has_room(self, free_bytes: int) -> bool:
        """Whether anything may be written."""
        return free_bytes >= self.keep.reserve_bytes

    def _until_it_fits(
        self, candidates: Iterable[tuple[Segment, int]], free_bytes: int
    ) -> tuple[Segment, ...]:
        over = max(self.n_bytes - self.keep.n_bytes, self.keep.reserve_bytes - free_bytes)
        going = []
        for entry in candidates:
            if over <= 0:
                break
            going.append(entry)
            over -= entry[1]
        return self._gone(going)

    def _gone(self, entries: Iterable[tuple[Segment, int]]) -> tuple[Segment, ...]:
        going = set(entries)
        if going:
            self.n_bytes -= sum(n_bytes for _, n_bytes in going)
            self._kept = [entry for entry in self._kept if entry not in going]
        return tuple(sorted(segment for segment, _ in going))


def free_bytes(folder: Path) -> int:
    """Bytes that this user may still write to the disk."""
    about = os.statvfs(folder)
    return about.f_bavail * about.f_frsize


def _without(
    entries: Iterable[tuple[Segment, int]], wanted: Sequence[Wanted]
) -> Iterable[tuple[Segment, int]]:
    return (entry for entry in entries if not any(alarm.touches(entry[0]) for alarm in wanted))
