"""Look back at alarms: the waveform around each, what the model marked, trends, and notes.

FOLDER is the journal's folder (default: the user's own); the waveforms lie beside it. Works while a core is
running. Nothing is changed but that notes are added: by the core while one holds the journal (--commands is
where it listens), else by this program. A damaged journal is refused unless --damaged asks for what is left
of it; waveforms that are missing or damaged are named on leaving, with exit code 2.
"""

import argparse
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

from engine.errors import ConfigurationError, EcgMonitorError, JournalError
from monitor.endpoints import COMMANDS, check_endpoint

if TYPE_CHECKING:
    from collections.abc import Sequence

    from monitor.journal.reader import JournalReader
    from monitor.review.book import Book
    from monitor.review.desk import Desk

LARGE_BYTES: Final = 50_000_000
"""A larger journal takes more than a second to check."""
NAMED: Final = 5
"""Missing segments that are named; more are counted."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("folder", nargs="?", type=Path, metavar="FOLDER", help="the journal's folder")
    parser.add_argument(
        "--record", type=Path, metavar="DIR", help="folder of the waveforms (default: as in `listen`)"
    )
    parser.add_argument(
        "--operator", default="", metavar="NAME", help="who writes notes here (default: the user's name)"
    )
    parser.add_argument(
        "--commands",
        default=COMMANDS,
        metavar="ENDPOINT",
        help=f"of the core that holds the journal (default {COMMANDS})",
    )
    parser.add_argument("--insecure", action="store_true", help="allow an endpoint beyond this machine")
    parser.add_argument("--damaged", action="store_true", help="show what is left of a damaged journal")


def run(arguments: argparse.Namespace) -> int:
    """Review until the operator leaves."""
    check_endpoint(arguments.commands, arguments.insecure)
    from monitor.journal.journal import default_directory
    from monitor.journal.reader import JournalReader
    from monitor.recording.place import waveforms_of
    from monitor.review.book import read_book

    directory = arguments.folder or default_directory()
    _check_folder(directory, arguments.record)
    with JournalReader(directory) as journal:
        if journal.path.stat().st_size > LARGE_BYTES:
            print("checking the journal's chain and reading it …", file=sys.stderr, flush=True)  # noqa: T201
        damage = _damage(journal, arguments.damaged)
        book = read_book(journal)
        folder = waveforms_of(journal, arguments.record)
    _check_anything(book, folder)
    _check_terminal()
    return _show(arguments, book, folder, damage)


def _show(arguments: argparse.Namespace, book: "Book", folder: Path, damage: str) -> int:
    import getpass

    from monitor.review.app import ReviewApp
    from monitor.review.desk import Desk
    from monitor.review.engines import engines
    from monitor.review.notebook import Notebook

    operator = arguments.operator or getpass.getuser()
    notebook = Notebook(book.directory, operator, arguments.commands, arguments.insecure)
    desk = Desk(book, folder, notebook, engines())
    missing = desk.missing()
    banners = [damage] if damage else []
    if missing:
        banners.append(f"{len(missing)} SEGMENTS OF WAVEFORM ARE MISSING: `ecg-monitor verify` names them")
    try:
        code = ReviewApp(desk, tuple(banners)).run() or 0
    finally:
        desk.close()
    faults = _faults(desk, missing, damage)
    for fault in faults:
        print(f"ecg-monitor: {fault}", file=sys.stderr)  # noqa: T201
    return EcgMonitorError.EXIT_CODE if faults else code


def _faults(desk: "Desk", missing: "Sequence[str]", damage: str) -> list[str]:
    """Whatever made the evidence less than whole, one sentence each."""
    faults = [damage] if damage else []
    faults += [
        f"segment {place} is missing: it was deleted, though not by the recorder" for place in missing[:NAMED]
    ]
    if len(missing) > NAMED:
        faults.append(f"{len(missing) - NAMED} more segments are missing")
    return faults + sorted(desk.damage_seen)


def _check_folder(directory: Path, record: Path | None) -> None:
    if not directory.is_dir():
        raise ConfigurationError(
            f"there is no folder {directory}: name the folder that `ecg-monitor listen --journal` wrote to"
        )
    if record is not None and not record.is_dir():
        raise ConfigurationError(f"there is no folder {record}: --record names where the waveforms lie")


def _damage(journal: "JournalReader", shown_anyway: bool) -> str:
    """What is wrong with the journal; an error unless it shall be shown all the same."""
    pages = journal.damaged_pages()
    problem = f"{journal.path} has damaged pages: {pages[0]}; compare it with a backup." if pages else ""
    try:
        journal.verify()
    except JournalError as error:
        problem = problem or str(error)
    if problem and not shown_anyway:
        raise JournalError(f"{problem} `ecg-monitor review --damaged` shows what can still be read.")
    return problem


def _check_anything(book: "Book", folder: Path) -> None:
    from monitor.recording import Recording

    if not book.lines and not any(Recording(folder).segments(bed) for bed in Recording(folder).beds):
        raise ConfigurationError(
            f"the journal in {book.directory} has neither an alarm nor a waveform: there is nothing to "
            f"review yet. `ecg-monitor listen --journal {book.directory}` fills it"
        )


def _check_terminal() -> None:
    if not (sys.stdin.isatty() and sys.stdout.isatty() and sys.stderr.isatty()):
        raise ConfigurationError(
            "no terminal to draw on: `ecg-monitor journal` lists alarms as text, `ecg-monitor export` draws "
            "them into files"
        )
    if os.environ.get("TERM", "dumb") == "dumb":
        raise ConfigurationError(
            "this terminal (TERM=dumb) cannot draw the screen: use `ecg-monitor journal` or "
            "`ecg-monitor export`"
        )
