"""A journal as anybody may read it, also while a core writes it: alarms, limits, segments, the chain."""

import sqlite3
from collections.abc import Callable, Collection, Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self, TypeVar

from engine.errors import JournalError
from monitor.alarms.alarm import AlarmEvent, Phase
from monitor.alarms.evidence import limits_of
from monitor.alarms.limits import Limits
from monitor.baseline import CARRIES_ON, Note, Recalled
from monitor.journal.body import Body
from monitor.journal.entry import GENESIS, Entry, EntryKind, chained_hash, event_of
from monitor.journal.faults import NAME_ANOTHER, journal_error
from monitor.journal.story import AlarmCourse, AlarmStory

T = TypeVar("T")

SCHEMA_VERSION: Final = 1
FILE_NAME: Final = "journal.sqlite3"

_COLUMNS: Final = "kind, time_ns, bed, body"
_LIGHT_COLUMNS: Final = "kind, time_ns, bed, json_remove(body, '$.evidence', '$.baseline')"
"""Without what is large: on what an alarm was judged, and baselines that were learned."""

# The time it was raised tells alarms apart even if a core that could not read the journal gave ids out twice.
_EACH_ALARM: Final = """
FROM entry INDEXED BY entry_alarm WHERE kind = 'alarm' GROUP BY bed, json_extract(body, '$.alarm.id'),
json_extract(body, '$.alarm.raised_ns')
"""
_LAST_OF_EACH_ALARM: Final = (
    f"SELECT {_COLUMNS} FROM entry WHERE number IN (SELECT max(number) {_EACH_ALARM}) ORDER BY number"
)


class JournalReader:
    """Reads the journal in a directory; `with` closes it."""

    def __init__(self, directory: Path) -> None:
        self.directory = Path(directory)
        try:
            self._db = self._open()
        except sqlite3.Error as error:
            raise journal_error(self.directory, error) from error
        try:
            self._check()
        except sqlite3.Error as error:
            self._db.close()
            raise journal_error(self.directory, error) from error
        except BaseException:
            self._db.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def path(self) -> Path:
        """The file itself."""
        return self.directory / FILE_NAME

    def close(self) -> None:
        """Let go of the file; closing twice is fine."""
        self._db.close()

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
        last = self.last(EntryKind.LIMITS, bed)
        return None if last is None else limits_of(last.body["limits"])

    def last(self, kind: EntryKind, bed: str) -> Entry | None:
        """The newest entry of a kind about a bed."""
        newest = "SELECT max(number) FROM entry WHERE kind = ? AND bed = ?"
        query = f"SELECT {_COLUMNS} FROM entry WHERE number = ({newest})"
        return next(self._read(query, kind, bed), None)

    def recalled(self, bed: str) -> Recalled | None:
        """What became of this bed's baseline last, and when the bed was last watched."""
        last = self.last(EntryKind.BASELINE, bed)
        if last is None:
            return None
        note = Note(**last.body)
        if note.what in CARRIES_ON:
            note = replace(note, baseline=self._last_learned(bed))
        coverage = self.last(EntryKind.COVERAGE, bed)
        return Recalled(note, max(last.time_ns, coverage.time_ns if coverage else 0))

    def _last_learned(self, bed: str) -> dict[str, Any] | None:
        query = (
            f"SELECT {_COLUMNS} FROM entry WHERE kind = 'baseline' AND bed = ? "
            "AND json_extract(body, '$.what') = 'learned' ORDER BY number DESC LIMIT 1"
        )
        return next((dict(entry.body["baseline"]) for entry in self._read(query, bed)), None)

    def entries(
        self,
        kind: EntryKind | None = None,
        bed: str | None = None,
        since_ns: int | None = None,
        until_ns: int | None = None,
        light: bool = False,
    ) -> Iterator[Entry]:
        """Entries in the order they were written: of one kind, bed or stretch of time if asked.

        `light` ones come without the evidence of alarms and without learned baselines.
        """
        asked = {"kind = ?": kind, "bed = ?": bed, "time_ns >= ?": since_ns, "time_ns < ?": until_ns}
        given = {clause: value for clause, value in asked.items() if value is not None}
        numbers = f"SELECT number FROM entry WHERE {' AND '.join(given) or 'true'}"
        yield from self._read(_ordered(numbers, light), *given.values())

    def courses(self, bed: str | None = None) -> list[AlarmCourse]:
        """Alarms in the order they were raised, of one bed if asked, with all that happened to them."""
        told = self._alarms(event_of, bed, light=True)
        return [AlarmCourse(tuple(events), run) for run, events in told]

    def stories(self, bed: str | None = None, alarm_id: int | None = None) -> list[AlarmStory]:
        """As `courses`, also of one id alone, with the evidence of each event: for a few alarms."""
        told = self._alarms(lambda entry: (event_of(entry), entry.body["evidence"]), bed, alarm_id)
        return [
            AlarmStory(tuple(event for event, _ in both), run, tuple(evidence for _, evidence in both))
            for run, both in told
        ]

    def _alarms(
        self, take: Callable[[Entry], T], bed: str | None, alarm_id: int | None = None, light: bool = False
    ) -> Collection[tuple[str, list[T]]]:
        """What is taken of the entries of each alarm, and the run that raised it."""
        asked = {"bed = ?": bed, "json_extract(body, '$.alarm.id') = ?": alarm_id}
        given = {clause: value for clause, value in asked.items() if value is not None}
        where = " AND ".join(("kind = 'alarm'", *given))
        numbers = (
            "SELECT number FROM entry WHERE kind = 'start' "
            f"UNION ALL SELECT number FROM entry INDEXED BY entry_alarm WHERE {where}"
        )
        run, told = "", dict[tuple[str, int, int], tuple[str, list[T]]]()
        for entry in self._read(_ordered(numbers, light), *given.values()):
            if entry.kind is EntryKind.START:
                run = str(entry.body.get("run", ""))
                continue
            alarm = entry.body["alarm"]
            key = entry.bed, alarm["id"], alarm["raised_ns"]
            told.setdefault(key, (run, []))[1].append(take(entry))
        return told.values()

    def segments(self, since_ns: int = 0) -> dict[str, int]:
        """Segments of waveform that should be on disk, of those entered since then: place -> samples."""
        kept: dict[str, int] = {}
        numbers = "SELECT number FROM entry WHERE kind IN ('segment', 'dropped') AND time_ns >= ?"
        for entry in self._read(_ordered(numbers), since_ns):
            if entry.kind is EntryKind.SEGMENT:
                kept[entry.body["segment"]] = int(entry.body["n"])
            else:
                for place in entry.body["segments"]:
                    kept.pop(place, None)
        return kept

    def numbered(self) -> Iterator[tuple[int, Entry]]:
        """Every entry, checked against the chain; the first break is a `JournalError` that names it."""
        previous, number = GENESIS, 0
        query = f"SELECT {_COLUMNS}, number, hash FROM entry ORDER BY number"
        try:
            with closing(self._db.cursor()) as rows:
                for *row, found_number, found_hash in rows.execute(query):
                    number += 1
                    entry, is_next = _entry(*row), found_number == number
                    if entry is None or not is_next or found_hash != chained_hash(previous, number, *row):
                        raise JournalError(
                            f"{self.path}: the chain breaks at entry {number}: it was changed, removed or "
                            "damaged. Entries before it are intact; compare with a backup."
                        )
                    previous = found_hash
                    yield number, entry
        except sqlite3.Error as error:
            raise JournalError(
                f"{self.path} is damaged after entry {number}: {error}. Entries up to there are intact; "
                "keep the file for repair and compare with a backup."
            ) from error

    def verify(self) -> int:
        """Check the whole chain and give the number of entries; a break is a `JournalError` that names it."""
        return sum(1 for _ in self.numbered())

    def last_hash(self) -> str:
        """The newest entry's hash, which vouches for all before it."""
        rows = self._query("SELECT hash FROM entry ORDER BY number DESC LIMIT 1")
        return str(rows[0][0]) if rows else GENESIS

    def damaged_pages(self) -> list[str]:
        """What SQLite finds wrong with the file's pages and indices, in its words."""
        try:
            found = [str(row[0]) for row in self._db.execute("PRAGMA integrity_check(5)")]
        except sqlite3.Error as error:
            return [str(error)]
        return [line for text in found for line in text.splitlines() if line != "ok"]

    def _open(self) -> sqlite3.Connection:
        if not self.path.is_file():
            raise JournalError(
                f"there is no journal in {self.directory} (no {FILE_NAME}): name its folder with --journal."
            )
        where = self.path.absolute().as_uri()
        db = sqlite3.connect(f"{where}?mode=ro", uri=True, timeout=1.0)
        try:
            db.execute("SELECT 1 FROM sqlite_schema").fetchone()
        except sqlite3.OperationalError:
            db.close()
            if self.path.with_name(FILE_NAME + "-wal").exists():
                raise
            # A folder that cannot be written to, as on a backup: nobody writes there, so no log is needed.
            return sqlite3.connect(f"{where}?immutable=1", uri=True)
        return db

    def _check(self) -> None:
        """Refuse a journal of another version rather than guess."""
        (version,) = self._db.execute("PRAGMA user_version").fetchone()
        if version != SCHEMA_VERSION:
            raise JournalError(
                f"{self.path} has schema version {version}, this program writes {SCHEMA_VERSION}; "
                f"{NAME_ANOTHER}, or use the version of ecg-monitor that wrote it."
            )

    def _read(self, query: str, *values: Any) -> Iterator[Entry]:
        """Entries one by one: a journal may be larger than memory."""
        try:
            with closing(self._db.execute(query, values)) as rows:
                for row in rows:
                    if (entry := _entry(*row)) is None:
                        raise JournalError(
                            f"{self.path} holds an entry of an unknown kind, {row[0]!r}: it was damaged, or "
                            "written by a newer version of ecg-monitor."
                        )
                    yield entry
        except sqlite3.Error as error:
            raise journal_error(self.directory, error) from error

    def _query(self, query: str, *values: Any) -> list[tuple[Any, ...]]:
        try:
            return self._db.execute(query, values).fetchall()
        except sqlite3.Error as error:
            raise journal_error(self.directory, error) from error


def _ordered(numbers: str, light: bool = False) -> str:
    """Query that need not sort bodies: what an index finds is then read in the order it was written."""
    columns = _LIGHT_COLUMNS if light else _COLUMNS
    return f"SELECT {columns} FROM entry WHERE number IN ({numbers}) ORDER BY number"


def _entry(kind: str, time_ns: int, bed: str, body: str) -> Entry | None:
    """None for an unknown kind: changed, whatever its hash says."""
    try:
        return Entry(EntryKind(kind), time_ns, Body(body), bed)
    except ValueError:
        return None
