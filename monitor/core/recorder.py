from collections import deque
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from engine.errors import JournalError
from monitor.alarms.machine import AlarmMachine
from monitor.alarms.state import MachineState
from monitor.baseline import Recalled
from monitor.journal.entry import Entry
from monitor.journal.journal import Journal

MAX_WAITING: Final = 10_000
"""Entries kept for a journal that cannot be written now; beyond, the oldest are lost and counted."""
RETRY_NS: Final = 10_000_000_000


class Recorder:
    """The journal as the core sees it: failure is a state, and what was missed is written when it is back."""

    def __init__(self, directory: Path | None) -> None:
        self._directory = directory
        self._journal: Journal | None = None
        self._waiting: deque[Entry] = deque()
        self._tried_ns = 0
        self.n_lost = 0
        """Entries that could never be written."""
        self.failing: str | None = None
        """Why nothing is being written; None when all is."""
        self._open()

    @property
    def directory(self) -> str:
        """Where the journal lies, if it could be opened."""
        return "" if self._journal is None else str(self._journal.directory)

    def open_beds(self) -> tuple[str, ...]:
        """Beds with alarms that stand from before."""
        try:
            return () if self._journal is None else tuple(self._journal.open_alarms())
        except JournalError as error:
            self.failing = str(error)
            return ()

    def restore(self, bed: str) -> MachineState:
        """Take up a bed where the journal left it."""
        if self._journal is None:
            return MachineState(bed)
        try:
            events = self._journal.open_alarms().get(bed, ())
            next_id, limits = self._journal.next_alarm_id(bed), self._journal.limits(bed)
        except JournalError as error:
            self.failing = str(error)
            return MachineState(bed)
        return AlarmMachine().restore(bed, events, next_id, limits)

    def recall(self, bed: str) -> Recalled | None:
        """What the journal knows of this bed's baseline."""
        if self._journal is None:
            return None
        try:
            return self._journal.recalled(bed)
        except (JournalError, TypeError) as error:
            self.failing = str(error)
            return None

    def keep(self, entries: Sequence[Entry]) -> None:
        """Remember entries that may be shown before they are durable: the next `append` writes them."""
        self._waiting.extend(entries)

    def append(self, entries: Sequence[Entry], now_ns: int) -> None:
        """Make entries durable, or remember them and say why not."""
        self._waiting.extend(entries)
        while len(self._waiting) > MAX_WAITING:
            self._waiting.popleft()
            self.n_lost += 1
        if self.failing is None or now_ns - self._tried_ns >= RETRY_NS:
            self._tried_ns = now_ns
            self._write()

    def close(self) -> None:
        """Write what can still be written and let go of the journal."""
        if self._waiting:
            self._write()
        if self._journal is not None:
            self._journal.close()

    def _write(self) -> None:
        if self._journal is None:
            self._open()
        if self._journal is None:
            return
        try:
            self._journal.append(list(self._waiting))
        except JournalError as error:
            self.failing = str(error)
        else:
            self._waiting.clear()
            self.failing = None

    def _open(self) -> None:
        try:
            self._journal = Journal(self._directory)
        except JournalError as error:
            self.failing = str(error)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
