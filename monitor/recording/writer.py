"""What the recording thread does, without the thread: signal and time in, segments and entries out."""

import contextlib
import fcntl
from collections import deque
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO, Final

from engine.errors import RecordError
from engine.grid import FS_HZ
from monitor.intake import Samples
from monitor.journal.entry import Entry, EntryKind
from monitor.recording.pen import Pen
from monitor.recording.recovery import Journalled, recover
from monitor.recording.ring import Drop, Keep, Ring, Wanted, free_bytes
from monitor.recording.sealing import seal
from monitor.recording.segment import Segment
from monitor.recording.shelf import files_of, segments_in, size_of
from monitor.recording.stretch import stretches

RETRY_NS: Final = 5_000_000_000
TIDY_NS: Final = 10_000_000_000
SEAL_TURNS: Final = 50
"""Beds that began together end their segments in the same second; these are sealed over so many turns."""
LOCK_NAME: Final = "recording.lock"


class Writer:
    """Writes all beds of one run. A disk that fails is a state; what comes meanwhile is lost and counted."""

    def __init__(self, folder: Path, run: str, keep: Keep, journalled: Journalled) -> None:
        self.entries: deque[Entry] = deque()
        """For the journal, oldest first; another thread may take them."""
        self.failing: str | None = None
        """Why nothing is being written; None when all is."""
        self.wanted: Sequence[Wanted] = ()
        self._folder, self._run, self._keep = folder, run, keep
        self._journalled = journalled
        self._lock: IO[str] | None = None
        self._ring = Ring(keep)
        self._pens: dict[str, Pen] = {}
        self._about: dict[str, Mapping[str, str]] = {}
        self._ended: list[Segment] = []
        """Segments that must be sealed."""
        self._dropping: deque[Drop] = deque()
        """Entered, to be deleted once the journal has them."""
        self._lost: dict[str, int] = {}
        self._tried_ns = self._tidied_ns = 0

    def describe(self, bed: str, about: Mapping[str, str]) -> None:
        """Remember what headers say of a bed's source."""
        self._about[bed] = about
        if bed in self._pens:
            self._pens[bed].about = dict(about)

    def write(self, pieces: Sequence[Samples], now_ns: int) -> None:
        """Write what came since the last call, seal what is complete, make room."""
        if self.failing is not None and now_ns - self._tried_ns < RETRY_NS:
            return self._lose(pieces)
        self._tried_ns = now_ns
        try:
            self._begin(now_ns)
            self._make_room(now_ns)
            for stretch in stretches(pieces):
                self._pen(stretch.bed).write(stretch)
            self._seal(now_ns, -(-max(len(self._pens), len(self._ended)) // SEAL_TURNS))
        except (OSError, RecordError) as error:
            self._fail(error)
            return self._lose(pieces)
        self.failing = None
        self._own_up(now_ns)
        return None

    def close(self, now_ns: int) -> None:
        """Seal every segment and let go of the folder."""
        try:
            for pen in self._pens.values():
                pen.close()
            self._seal(now_ns, len(self._ended))
        except (OSError, RecordError) as error:
            self._fail(error)
        self._own_up(now_ns)
        if self._lock is not None:
            self._lock.close()

    def delete(self, n_drops: int) -> None:
        """Delete the oldest `n_drops` drops: the journal has them now."""
        for _ in range(n_drops):
            for segment in self._dropping.popleft().segments:
                with contextlib.suppress(OSError):  # a file that stays is found again at the next start
                    for path in files_of(self._folder, segment):
                        path.unlink(missing_ok=True)
                    segment.header(self._folder).parent.rmdir()  # the day's last one

    def lose(self, bed: str, n: int) -> None:
        """Count signal that was not recorded."""
        self._lost[bed] = self._lost.get(bed, 0) + n

    def _begin(self, now_ns: int) -> None:
        """Take hold of the folder, once: seal what a killed core left open, count what is there."""
        if self._lock is not None:
            return
        self._folder.mkdir(parents=True, exist_ok=True)
        lock = (self._folder / LOCK_NAME).open("a")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            lock.close()
            raise RecordError(
                f"another core already records into {self._folder}; give this one a folder of its own "
                "with --record"
            ) from None
        try:
            for sealed in recover(self._folder, self._journalled):
                self._enter(Entry(EntryKind.SEGMENT, now_ns, sealed.body(), sealed.segment.bed))
            ring = Ring(self._keep)
            for segment in segments_in(self._folder):
                ring.add(segment, size_of(self._folder, segment))
        except OSError:
            lock.close()
            raise
        self._ring, self._lock = ring, lock

    def _pen(self, bed: str) -> Pen:
        if bed not in self._pens:
            self._pens[bed] = Pen(self._folder, self._run, self._about.get(bed, {}), self._ended.append)
        return self._pens[bed]

    def _seal(self, now_ns: int, at_most: int) -> None:
        """Seal segments that ended, oldest first; those that wait are ordinary open ones."""
        for ended in self._ended[:at_most]:
            try:
                sealed = seal(self._folder, ended)
            except (RecordError, FileNotFoundError) as error:  # somebody else was at work here
                sealed = None
                body = {"name": "segment_damaged", "text": f"{ended.place}: {error}", "count": 1}
                self._enter(Entry(EntryKind.FINDING, now_ns, body, ended.bed))
            self._ended.pop(0)
            if sealed is not None:
                self._ring.add(ended, sealed.n_bytes)
                self._enter(Entry(EntryKind.SEGMENT, now_ns, sealed.body(), ended.bed))

    def _make_room(self, now_ns: int) -> None:
        free = free_bytes(self._folder)
        roomy = self._ring.has_room(free) and self._ring.n_bytes <= self._keep.n_bytes
        if not roomy or now_ns - self._tidied_ns >= TIDY_NS:
            self._tidied_ns = now_ns
            for drop in self._ring.drop(now_ns, free, self.wanted):
                self._enter(_entry(drop, now_ns))
                self._dropping.append(drop)
        if not self._ring.has_room(free) and not self._dropping:
            raise RecordError(
                f"only {free / 1e6:.0f} MB are free on the disk of {self._folder}, and "
                f"{self._keep.reserve_bytes / 1e6:.0f} MB are kept for the journal: free some space"
            )

    def _fail(self, error: OSError | RecordError) -> None:
        if isinstance(error, OSError):
            self.failing = f"{self._folder}: {error.strerror or error}"
        else:
            self.failing = str(error)
        for pen in self._pens.values():
            with contextlib.suppress(OSError):
                pen.close()
        self._pens.clear()

    def _lose(self, pieces: Sequence[Samples]) -> None:
        for piece in pieces:
            self.lose(piece.bed, int(piece.x.shape[1]))

    def _own_up(self, now_ns: int) -> None:
        """Enter how much was not recorded, once it is over."""
        lost, self._lost = self._lost, {}
        for bed, n in lost.items():
            text = f"{n / FS_HZ:.1f} s of waveform were not recorded"
            self._enter(
                Entry(EntryKind.FINDING, now_ns, {"name": "not_recorded", "text": text, "count": n}, bed)
            )

    def _enter(self, entry: Entry) -> None:
        self.entries.append(entry)


def _entry(drop: Drop, now_ns: int) -> Entry:
    body = {
        "segments": [segment.place for segment in drop.segments],
        "why": drop.why,
        "alarms": [{"bed": alarm.bed, "id": alarm.alarm_id} for alarm in drop.alarms],
    }
    return Entry(EntryKind.DROPPED, now_ns, body)
