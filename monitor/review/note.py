"""What operators write to an alarm afterwards: an entry of the journal like any other command."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from engine.errors import ConfigurationError
from monitor.journal.entry import Entry, EntryKind, command_entry

NOTE: Final = "note"
"""The command by which a note is entered."""
MAX_LENGTH: Final = 500

Key = tuple[str, int, int]
"""Bed, id and time of raising: an alarm of a journal."""


@dataclass(frozen=True, slots=True)
class Note:
    """What somebody wrote to an alarm."""

    alarm: Key
    operator: str
    text: str
    time_ns: int


def checked_note(text: str, operator: str) -> str:
    """Return the text without control characters; refuse one that says nothing, or that nobody wrote."""
    words = " ".join(re.sub(r"[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]", " ", text).split())
    if not operator.strip():
        raise ConfigurationError("a note needs the operator's name: start review with --operator NAME.")
    if not words:
        raise ConfigurationError("the note is empty: nothing was written.")
    if len(words) > MAX_LENGTH:
        raise ConfigurationError(f"the note has {len(words)} characters: shorten it to {MAX_LENGTH}.")
    return words


def note_entry(note: Note) -> Entry:
    """Enter a note."""
    bed, number, raised_ns = note.alarm
    details = {"alarm_id": number, "raised_ns": raised_ns, "text": note.text}
    return command_entry(NOTE, note.operator, note.time_ns, bed, **details)


def notes_of(entries: Iterable[Entry]) -> dict[Key, tuple[Note, ...]]:
    """Take the notes out of a journal's entries, by alarm, oldest first."""
    found: dict[Key, tuple[Note, ...]] = {}
    for entry in entries:
        if entry.kind is not EntryKind.COMMAND or entry.body.get("command") != NOTE:
            continue
        body = entry.body
        key = entry.bed, int(body["alarm_id"]), int(body["raised_ns"])
        note = Note(key, str(body["operator"]), str(body["text"]), entry.time_ns)
        found[key] = (*found.get(key, ()), note)
    return found
