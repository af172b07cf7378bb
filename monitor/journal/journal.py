"""The journal on disk: SQLite in WAL mode with full synchronization; an append is durable when it returns."""

import fcntl
import json
import os
import sqlite3
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

from engine.errors import EcgMonitorError, JournalError
from monitor.alarms.alarm import AlarmEvent, Phase
from monitor.alarms.evidence import limits_of
from monitor.alarms.limits import Limits
from monitor.journal.entry import GENESIS, Entry, EntryKind, canonical, chained_hash, event_of

SCHEMA_VERSION: Final = 1
FILE_NAME: Final = "journal.sqlite3"
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

# The time it was raised tells alarms apart even if a core that could not read the journal gave ids out twice.
_LAST_OF_EACH_ALARM: Final = """
SELECT kind, time_ns, bed, body FROM entry WHERE number IN (
    SELECT max(number) FROM entry WHERE kind = 'alarm'
    GROUP BY bed, json_extract(body, '$.alarm.id'), json_extract(body, '$.alarm.raised_ns')
) ORDER BY number
"""

_CURES: Final = (
    ("full", "free some space or name another directory with --journal"),
    ("disk I/O error", "check the disk (space, quota, hardware) or name another directory with --journal"),
    ("readonly", "make it writable or name another directory with --journal"),
    ("unable to open", "check that it is a directory this user may write to, or name another with --journal"),
    ("locked", "wait for the program that holds it, or name another directory with --journal"),
    ("malformed", "keep the damaged file for repair and start with another directory: --journal"),
    ("not a database", "keep the damaged file for repair and start with another directory: --journal"),
)


def default_directory() -> Path:
    """Where the journal is kept unless the operator says otherwise: `$XDG_STATE_HOME/ecg-monitor`."""
    state_home = os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state"
    return Path(state_home) / "ecg-monitor"


class Journal:
    """The one writer of a journal directory; `with` closes it."""

    def __init__(self, directory: Path | None = None) -> None:
        self.directory = default_directory() if directory is None else Path(directory)
        self._lock = _take_lock(self.directory)
        try:
            self._db = _open(self.directory)
            _check_version(self._db, self.directory)
            self._last()
        except BaseException as error:
            self._lock.close()
            if isinstance(error, sqlite3.Error):
                raise _journal_error(self.directory, error) from error
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the file and of the directory's lock; closing twice is fine."""
        self._db.close()
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
                    previous = chained_hash(previous, number, entry)
                    row = (number, entry.kind, entry.time_ns, entry.bed, canonical(entry.body), previous)
                    self._db.execute("INSERT INTO entry VALUES (?, ?, ?, ?, ?, ?)", row)
        except sqlite3.Error as error:
            raise _journal_error(self.directory, error) from error

    def open_alarms(self) -> dict[str, tuple[AlarmEvent, ...]]:
        """Last event of every alarm that has not ended, by bed: what a restart takes up."""
        beds: dict[str, tuple[AlarmEvent, ...]] = {}
        for event in map(event_of, self._read(_LAST_OF_EACH_ALARM)):
            if event.alarm.phase is not Phase.ENDED:
                beds[event.alarm.bed] = (*beds.get(event.alarm.bed, ()), event)
        return beds

    def next_alarm_id(self, bed: str) -> int:
        """First id that no alarm of this bed has had."""
        query = "SELECT max(json_extract(body, '$.alarm.id')) FROM entry WHERE kind = 'alarm' AND bed = ?"
        (last,) = self._query(query, bed)[0]
        return 1 + (last or 0)

    def limits(self, bed: str) -> Limits | None:
        """Limits that were last set for this bed; None where nobody ever did."""
        query = (
            "SELECT kind, time_ns, bed, body FROM entry WHERE kind = 'limits' AND bed = ? "
            "ORDER BY number DESC LIMIT 1"
        )
        for entry in self._read(query, bed):
            return limits_of(entry.body["limits"])
        return None

    def entries(self, kind: EntryKind | None = None, bed: str | None = None) -> Iterator[Entry]:
        """Entries in the order they were written, of one kind or bed if asked."""
        query = (
            "SELECT kind, time_ns, bed, body FROM entry "
            "WHERE kind = coalesce(?, kind) AND bed = coalesce(?, bed) ORDER BY number"
        )
        yield from self._read(query, kind, bed)

    def verify(self) -> int:
        """Check the whole chain and give the number of entries; a break is a `JournalError` that names it."""
        previous, number = GENESIS, 0
        rows = self._query("SELECT kind, time_ns, bed, body, number, hash FROM entry ORDER BY number")
        for kind, time_ns, bed, body, found_number, found_hash in rows:
            number += 1
            intact = found_number == number and _hash_again(previous, number, kind, time_ns, bed, body) == (
                found_hash
            )
            if not intact:
                raise JournalError(
                    f"{self.directory / FILE_NAME}: the chain breaks at entry {number}: it was changed, "
                    "removed or damaged. Entries before it are intact; compare with a backup."
                )
            previous = found_hash
        return number

    def _last(self) -> tuple[int, str]:
        row = self._db.execute("SELECT number, hash FROM entry ORDER BY number DESC LIMIT 1").fetchone()
        return (0, GENESIS) if row is None else (int(row[0]), str(row[1]))

    def _read(self, query: str, *values: Any) -> Iterator[Entry]:
        for kind, time_ns, bed, body in self._query(query, *values):
            yield Entry(EntryKind(kind), time_ns, json.loads(body), bed)

    def _query(self, query: str, *values: Any) -> list[tuple[Any, ...]]:
        try:
            return self._db.execute(query, values).fetchall()
        except sqlite3.Error as error:
            raise _journal_error(self.directory, error) from error


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


def _open(directory: Path) -> sqlite3.Connection:
    db = sqlite3.connect(directory / FILE_NAME, isolation_level=None, timeout=1.0)
    try:
        db.execute("PRAGMA journal_mode = WAL")
        db.execute("PRAGMA synchronous = FULL")
    except sqlite3.Error:
        db.close()
        raise
    return db


def _check_version(db: sqlite3.Connection, directory: Path) -> None:
    """Lay out a new journal; refuse one of another version rather than guess."""
    (version,) = db.execute("PRAGMA user_version").fetchone()
    if version == 0:
        db.executescript(f"BEGIN; {_SCHEMA} PRAGMA user_version = {SCHEMA_VERSION}; COMMIT;")
    elif version != SCHEMA_VERSION:
        raise JournalError(
            f"{directory / FILE_NAME} has schema version {version}, this program writes {SCHEMA_VERSION}; "
            "name another directory with --journal, or use the version of ecg-monitor that wrote it."
        )


def _hash_again(previous: str, number: int, kind: str, time_ns: int, bed: str, body: str) -> str | None:
    try:
        return chained_hash(previous, number, Entry(EntryKind(kind), time_ns, json.loads(body), bed))
    except ValueError:  # an unknown kind or a body that is no JSON: changed, whatever the hash says
        return None


def _journal_error(directory: Path, error: sqlite3.Error) -> EcgMonitorError:
    said = str(error)
    cure = next((cure for sign, cure in _CURES if sign in said), "name another directory with --journal")
    return JournalError(f"the journal in {directory} cannot be used: {said}; {cure}.")
