"""Where a note goes: into the journal itself, or through the core that writes it."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

from engine.errors import ConfigurationError, JournalError
from monitor.journal.entry import EntryKind
from monitor.journal.journal import Journal
from monitor.journal.reader import JournalReader
from monitor.review.book import newest_run
from monitor.review.line import AlarmLine
from monitor.review.note import Note, checked_note, note_entry

CORE_TIMEOUT_S: Final = 2.0


class Notebook:
    """Writes notes of one operator."""

    def __init__(
        self,
        directory: Path,
        operator: str,
        commands: str,
        insecure: bool = False,
        now_ns: Callable[[], int] = time.time_ns,
    ) -> None:
        self.operator = operator
        self._directory = directory
        self._commands = commands
        self._insecure = insecure
        self._now_ns = now_ns

    def write(self, line: AlarmLine, text: str) -> str:
        """Write a note to an alarm; return what was done, or raise with the reason why nothing was."""
        note = Note(line.key, self.operator, checked_note(text, self.operator), self._now_ns())
        try:
            with Journal(self._directory) as journal:
                journal.append([note_entry(note)])
        except JournalError as error:
            if not _is_taken(error):
                raise
            return self._through_core(note)
        return "note written to the journal"

    def _through_core(self, note: Note) -> str:
        from monitor.feed import CommandClient

        with JournalReader(self._directory) as journal:
            run = newest_run(journal)
        bed, number, raised_ns = note.alarm
        try:
            with CommandClient(
                self._commands, operator=self.operator, insecure=self._insecure, timeout_s=CORE_TIMEOUT_S
            ) as core:
                core.note(bed, number, raised_ns, note.text, run)
        except ConfigurationError as error:
            raise ConfigurationError(
                f"the note was NOT written: a core holds this journal, and {error} "
                "(review --commands names its endpoint)"
            ) from error
        return self._looked_for(note)

    def _looked_for(self, note: Note) -> str:
        """A core whose journal fails keeps what it is asked for, but that is not the same as written."""
        with JournalReader(self._directory) as journal:
            last = journal.last(EntryKind.COMMAND, note.alarm[0])
        if last is not None and last.body.get("text") == note.text:
            return "note written by the core"
        return "the core has the note, but its journal is failing: it is not on disk yet"


def _is_taken(error: JournalError) -> bool:
    """Whether another process writes the journal, as opposed to one that cannot be written at all."""
    return isinstance(error.__cause__, BlockingIOError)
