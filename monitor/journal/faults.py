"""What SQLite says, as a sentence with the cure."""

import sqlite3
from pathlib import Path
from typing import Final

from engine.errors import JournalError

NAME_ANOTHER: Final = "name another directory with --journal"

_DAMAGED: Final = "keep the damaged file for repair and start with another directory: --journal"
_CURES: Final = (
    ("full", f"free some space or {NAME_ANOTHER}"),
    ("disk I/O error", f"check the disk (space, quota, hardware) or {NAME_ANOTHER}"),
    ("readonly", f"make it writable or {NAME_ANOTHER}"),
    ("unable to open", "check that it is a directory this user may write to, or name another with --journal"),
    ("locked", f"wait for the program that holds it, or {NAME_ANOTHER}"),
    ("malformed", _DAMAGED),
    ("decode", _DAMAGED),
    ("not a database", _DAMAGED),
)


def journal_error(directory: Path, error: sqlite3.Error) -> JournalError:
    """Say which journal cannot be used, why, and what to do."""
    said = str(error)
    cure = next((cure for sign, cure in _CURES if sign in said), NAME_ANOTHER)
    return JournalError(f"the journal in {directory} cannot be used: {said}; {cure}.")
