"""Check that the journal and the recorded waveforms are what was once written.

FOLDER is the journal's folder (default: the user's own). Looks at the file's pages, follows the chain of
entries, and compares every stored segment with the checksum in the journal. Ends with 0 if all is intact,
with 2 and a sentence for each fault if not. Works while a core is running.
"""

import argparse
import json
import sys
from dataclasses import asdict
from pathlib import Path

from engine.errors import EcgMonitorError


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("folder", nargs="?", type=Path, metavar="FOLDER", help="the journal's folder")
    parser.add_argument(
        "--record", type=Path, metavar="DIR", help="folder of the waveforms (default: as in `listen`)"
    )
    parser.add_argument("--json", action="store_true", help="one JSON object")


def run(arguments: argparse.Namespace) -> int:
    """Verify, and say what was found."""
    from monitor.journal.journal import default_directory
    from monitor.journal.reader import JournalReader
    from monitor.recording.place import waveforms_of
    from monitor.recording.verification import Verdict, verify

    try:
        with JournalReader(arguments.folder or default_directory()) as journal:
            verdict = verify(journal, waveforms_of(journal, arguments.record))
    except EcgMonitorError as error:
        if not arguments.json:
            raise
        verdict = Verdict(faults=[str(error)])
    if arguments.json:
        print(json.dumps({"intact": verdict.intact, **asdict(verdict)}))  # noqa: T201
    else:
        _say(verdict.n_entries, verdict.n_segments, verdict.last_hash, verdict.notes, verdict.intact)
    for fault in verdict.faults:
        print(f"ecg-monitor: {fault}", file=sys.stderr)  # noqa: T201
    return 0 if verdict.intact else EcgMonitorError.EXIT_CODE


def _say(n_entries: int, n_segments: int, last_hash: str, notes: list[str], intact: bool) -> None:
    state = "intact" if intact else "checked before the first fault"
    print(f"{n_entries} entries {state}, {n_segments} segments of waveform checked")  # noqa: T201
    for note in notes:
        print(f"note: {note}")  # noqa: T201
    if last_hash:
        print(f"last hash: {last_hash} (keep it elsewhere: it shows if newer entries are cut off)")  # noqa: T201
