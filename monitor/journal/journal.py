"""The journal on disk: SQLite in WAL mode with full synchronization; an append is durable when it returns."""

import fcntl
import os
import sqlite3
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from engine.errors import JournalError
from monitor.journal.entry import GENESIS, Entry, canonical, chained_hash
from monitor.journal.faults import journal_error
from monitor.journal.reader import FILE_NAME, SCHEMA_VERSION, JournalReader

__all__ = ["FILE_NAME", "LOCK_NAME", "Journal", "default_directory"]

LOCK_NAME: Final = "journal.lock"

_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS entry (
    number  INTEGER PRIMARY KEY,
    kind    TEXT NOT NULL,
    time_ns INTEGER NOT NULL,
    bed     TEXT NOT NULL,
    body    TEXT NOT NULL,
    hash    TEXT NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS entry_alarm ON entry (
    bed, json_extract(body, '$.alarm.id'), json_extract(body, '$.alarm.raised_ns'), number)
    WHERE kind = 'alarm';
CREATE INDEX IF NOT EXISTS entry_time ON entry (kind, bed, time_ns);
"""


def default_directory() -> Path:
    """Where the journal is kept unless the operator says otherwise: `$XDG_STATE_HOME/ecg-monitor`."""
    state_home = os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state"
    return Path(state_home) / "ecg-monitor"


class Journal(JournalReader):
    """The one writer of a journal directory; `with` closes it. Threads may take turns at it."""

    def __init__(self, directory: Path | None = None) -> None:
        where = default_directory() if directory is None else Path(directory)
        self._lock = _take_lock(where)
        try:
            super().__init__(where)
        except BaseException:
            self._lock.close()
            raise

    def close(self) -> None:
        """Let go of the file and of the directory's lock; closing twice is fine."""
        super().close()
        self._lock.close()

    def append(self, entries: Sequence[Entry]) -> None:
        """Write all entries or none, chained and in order; on return they survive a power cut."""
        if not entries:
            return
        try:
            with self._db:  # commits, or rolls back on an error
                self._db.execute("BEGIN IMMEDIATE")
                number, previous = self._last()
                for entry in entries:
                    number += 1
                    row = (number, entry.kind, entry.time_ns, entry.bed, canonical(entry.body))
                    previous = chained_hash(previous, *row)
                    self._db.execute("INSERT INTO entry VALUES (?, ?, ?, ?, ?, ?)", (*row, previous))
        except sqlite3.Error as error:
            raise journal_error(self.directory, error) from error

    def _last(self) -> tuple[int, str]:
        row = self._db.execute("SELECT number, hash FROM entry ORDER BY number DESC LIMIT 1").fetchone()
        return (0, GENESIS) if row is None else (int(row[0]), str(row[1]))

    def _open(self) -> sqlite3.Connection:
        db = sqlite3.connect(self.path, isolation_level=None, timeout=1.0, check_same_thread=False)
        try:
            db.execute("PRAGMA journal_mode = WAL")
            db.execute("PRAGMA synchronous = FULL")
        except sqlite3.Error:
            db.close()
            raise
        return db

    def _check(self) -> None:
        """Lay out a new journal; refuse one of another version, or one whose end cannot be read."""
        (version,) = self._db.execute("PRAGMA user_version").fetchone()
        if version == 0:
            self._db.executescript(f"BEGIN; {_SCHEMA} PRAGMA user_version = {SCHEMA_VERSION}; COMMIT;")
        super()._check()
        self._last()


def _take_lock(directory: Path) -> Any:
    """Hold the directory for this process alone; the system lets go of it even after `kill -9`."""
    try:
        directory.mkdir(parents=True, exist_ok=True)
        lock = (directory / LOCK_NAME).open("a")
    except OSError as error:
        raise JournalError(
            f"the journal directory {directory} cannot be written: {error.strerror or error}; "
            "make it writable or name another with --journal."
        ) from error
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        lock.close()
        raise JournalError(
            f"another core already writes the journal in {directory}; stop it, "
            "or give this one a directory of its own with --journal."
        ) from error
    return lock
