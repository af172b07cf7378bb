import socket
import threading
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from engine.errors import JournalError
from monitor.alarms.machine import AlarmMachine
from monitor.alarms.state import MachineState
from monitor.baseline import Recalled
from monitor.journal.entry import Entry
from monitor.journal.journal import Journal
from monitor.journal.reader import JournalReader

MAX_WAITING: Final = 10_000
"""Entries kept for a journal that cannot be written now; beyond, the oldest are lost and counted."""
RETRY_NS: Final = 10_000_000_000
STUCK_NS: Final = 3_000_000_000
"""A disk that has not answered for so long counts as failing: alarms are no longer held back for it."""
END_S: Final = 10.0

Then = Callable[[], None]


class Recorder:
    """The journal as the core sees it: failure is a state, and what was missed is written when it is back.

    A thread writes, so that a slow disk keeps nothing waiting but what must be durable first. All methods
    belong to the core's thread.
    """

    def __init__(self, directory: Path | None) -> None:
        self._directory = directory
        self._journal: Journal | None = None
        self._reader: JournalReader | None = None
        """Of what is durable: reading does not wait for a disk that is being written to."""
        self._waiting: deque[Entry] = deque()
        self._given = self._settled = 0
        """Calls of `post` so far, and how many of them are durable, or were given up for now."""
        self._thens: deque[tuple[int, int, Then | None]] = deque()
        """What is to be done, if anything, once so many calls are settled, and when they were made."""
        self._is_asked = self._is_closing = False
        self._changed = threading.Condition()
        """Guards what the thread changes, too: all of the above but the thens."""
        self._tried_ns = 0
        self._stuck: str | None = None
        self._failed: str | None = None
        self.n_lost = 0
        """Entries that could never be written."""
        self._bell, self._rope = socket.socketpair()
        self._bell.setblocking(False)
        self._rope.setblocking(False)
        self._open()
        self._thread = threading.Thread(target=self._run, name="journal", daemon=True)
        self._thread.start()

    @property
    def failing(self) -> str | None:
        """Why nothing is being written; None when all is."""
        return self._failed or self._stuck

    @property
    def directory(self) -> str:
        """Where the journal lies, if it could be opened."""
        return "" if self._journal is None else str(self._journal.directory)

    def fileno(self) -> int:
        """To be watched: `settle` has work when it can be read."""
        return self._bell.fileno()

    def open_beds(self) -> tuple[str, ...]:
        """Beds with alarms that stand from before."""
        try:
            journal = self._durable()
            return () if journal is None else tuple(journal.open_alarms())
        except JournalError as error:
            self._failed = str(error)
            return ()

    def restore(self, bed: str) -> MachineState:
        """Take up a bed where the journal left it."""
        try:
            journal = self._durable()
            if journal is None:
                return MachineState(bed)
            events = journal.open_alarms().get(bed, ())
            next_id, limits = journal.next_alarm_id(bed), journal.limits(bed)
        except JournalError as error:
            self._failed = str(error)
            return MachineState(bed)
        return AlarmMachine().restore(bed, events, next_id, limits)

    def recall(self, bed: str) -> Recalled | None:
        """What the journal knows of this bed's baseline."""
        try:
            journal = self._durable()
            return None if journal is None else journal.recalled(bed)
        except (JournalError, TypeError) as error:
            self._failed = str(error)
            return None

    def keep(self, entries: Sequence[Entry]) -> None:
        """Remember entries that may be shown before they are durable: the next `post` writes them."""
        with self._changed:
            self._waiting.extend(entries)
            while len(self._waiting) > MAX_WAITING:
                self._waiting.popleft()
                self.n_lost += 1

    def post(self, entries: Sequence[Entry], now_ns: int, then: Then | None = None) -> None:
        """Have entries written; `settle` does `then` when they are durable, or cannot be written now.

        What is to be done is done in the order of the calls.
        """
        self.keep(entries)
        with self._changed:
            self._given += 1
            if self.failing is None or now_ns - self._tried_ns >= RETRY_NS:
                self._tried_ns = now_ns
                self._is_asked = True
                self._changed.notify_all()
            else:
                self._settled = self._given
            self._thens.append((self._given, now_ns, then))

    def append(self, entries: Sequence[Entry], now_ns: int) -> None:
        """Make entries durable, or remember them and say why not; what was posted before comes first."""
        self.post(entries, now_ns)
        self.wait()

    def wait(self) -> None:
        """Until all that was posted is durable, or cannot be written now; then `settle`."""
        with self._changed:
            if not self._changed.wait_for(lambda: self._settled >= self._given, STUCK_NS / 1e9):
                self._give_up(STUCK_NS)
        self.settle(0)

    def settle(self, now_ns: int) -> None:
        """Do what was to be done after entries that are durable now."""
        with suppress(BlockingIOError):
            while self._bell.recv(64):
                pass
        while self._thens:
            given, posted_ns, then = self._thens[0]
            with self._changed:
                if self._settled < given and now_ns - posted_ns > STUCK_NS:
                    self._give_up(now_ns - posted_ns)
                if self._settled < given:
                    return
            self._thens.popleft()
            if then is not None:
                then()

    def close(self) -> None:
        """Write what can still be written and let go of the journal."""
        with self._changed:
            self._is_closing = True
            self._changed.notify_all()
        self._thread.join(END_S)
        self._bell.close()
        if self._reader is not None:
            self._reader.close()

    def _give_up(self, waited_ns: int) -> None:
        """Hold nothing back for a disk that does not answer."""
        self._stuck = f"the disk has not answered for {waited_ns / 1e9:.0f} s"
        self._settled = self._given

    def _durable(self) -> JournalReader | None:
        if self._reader is None and self._journal is not None:
            self._reader = JournalReader(self._journal.directory)
        return self._reader

    # The thread

    def _run(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._is_asked or self._is_closing)
                self._is_asked = False
                is_last, given = self._is_closing, self._given
                entries = list(self._waiting)
                self._waiting.clear()
            try:
                failed = self._written(entries)
            except Exception as error:  # the core goes on; the operators are told
                failed = f"the journal cannot be written: {error!r}"
            with self._changed:
                if failed is not None:
                    self._waiting.extendleft(reversed(entries))
                self._failed, self._stuck = failed, None
                self._settled = max(self._settled, given)
                self._changed.notify_all()
                is_last = is_last and not self._is_asked
            with suppress(OSError):  # full: it rings already
                self._rope.send(b"!")
            if is_last:
                break
        if self._journal is not None:
            self._journal.close()
        self._rope.close()

    def _written(self, entries: Sequence[Entry]) -> str | None:
        """Why entries were not written; None if they are durable."""
        if self._journal is None:
            self._open()
        if self._journal is None:
            return self._failed
        try:
            self._journal.append(entries)
        except JournalError as error:
            return str(error)
        return None

    def _open(self) -> None:
        try:
            self._journal = Journal(self._directory)
        except JournalError as error:
            self._failed = str(error)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
