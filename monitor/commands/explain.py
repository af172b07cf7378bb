"""Say why an alarm was raised: what was measured, and what the model says of its window when asked again.

ALARM is BED/ID or, where only one bed has it, ID; `ecg-monitor journal` lists them. The stored window goes
through every backend of the model that this machine has (those that may first have to be built only if
named); said are their agreement, which lead and when, which branch of the model, and how far beyond the
threshold. What is not stored, or was not assessed, is said instead; with nothing stored at all the exit code
is 2.
"""

import argparse
import json
from pathlib import Path

from engine.errors import ConfigurationError, EcgMonitorError
from monitor.commands.export import wanted


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("alarm", metavar="ALARM", help="BED/ID, or ID")
    parser.add_argument("--bed", help="the alarm's bed")
    parser.add_argument("--journal", type=Path, metavar="DIR", help="the journal's folder")
    parser.add_argument(
        "--record", type=Path, metavar="DIR", help="folder of the waveforms (default: as in `listen`)"
    )
    parser.add_argument(
        "--backend",
        action="append",
        default=[],
        metavar="NAME",
        help="ask this one (may be given several times)",
    )
    parser.add_argument("--json", action="store_true", help="one JSON object")


def run(arguments: argparse.Namespace) -> int:
    """Explain."""
    from engine.backends.rungs import NAMES
    from monitor.explain.explanation import explain
    from monitor.explain.report import document, sentences
    from monitor.export.excerpt import find_alarm
    from monitor.journal.journal import default_directory
    from monitor.journal.reader import JournalReader
    from monitor.recording.place import waveforms_of

    for name in arguments.backend:
        if name not in NAMES:
            raise ConfigurationError(f"no backend {name!r}: choose among {', '.join(NAMES)}")
    bed, alarm_id = wanted(arguments.alarm, arguments.bed)
    with JournalReader(arguments.journal or default_directory()) as journal:
        story = find_alarm(journal, bed, alarm_id)
        told = explain(journal, story, waveforms_of(journal, arguments.record), arguments.backend)
    if arguments.json:
        print(json.dumps(document(told), ensure_ascii=False, allow_nan=False))  # noqa: T201
    else:
        for line in sentences(told):
            print(line)  # noqa: T201
    return 0 if told.strip.stored.any() else EcgMonitorError.EXIT_CODE
