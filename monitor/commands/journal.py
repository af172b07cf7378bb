"""List the alarms in a journal, oldest first, with the BED/ID by which `export` knows them.

Works while a core is running. With --hash: one hash per run and bed over what the signal itself said to the
alarms (no clock, latency or operator in it), and one over the minutes of its trends; the same recording,
model and limits give them again at any speed.
"""

import argparse
import json
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from monitor.journal.replayhash import ReplayHash
    from monitor.journal.story import AlarmCourse


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("folder", nargs="?", type=Path, metavar="FOLDER", help="the journal's folder")
    parser.add_argument("--bed", help="of this bed alone")
    parser.add_argument("--name", metavar="ALARM", help="of this kind alone, for example asystole")
    parser.add_argument(
        "--hash", action="store_true", help="a hash per run and bed instead, to compare replays by"
    )
    parser.add_argument("--json", action="store_true", help="one JSON object per alarm on one line")


def run(arguments: argparse.Namespace) -> int:
    """List."""
    from monitor.journal.journal import default_directory
    from monitor.journal.reader import JournalReader
    from monitor.recording import Recording
    from monitor.recording.place import waveforms_of
    from monitor.wire import bed_name

    bed = None if arguments.bed is None else bed_name(arguments.bed)
    if arguments.hash:
        if arguments.name is not None:
            raise ConfigurationError("--hash covers every alarm of a bed: leave --name out")
        return _hashes(arguments.folder or default_directory(), bed, arguments.json)
    with JournalReader(arguments.folder or default_directory()) as journal:
        courses = journal.courses(bed)
        recording = Recording(waveforms_of(journal))
    stored = {(where, run) for where in recording.beds for run in recording.runs(where)}
    for course in courses:
        if arguments.name in (None, course.raised.name):
            has_waveform = (course.raised.bed, course.run) in stored
            print(_json(course, has_waveform) if arguments.json else _line(course, has_waveform))  # noqa: T201
    return 0


def _hashes(folder: Path, bed: str | None, as_json: bool) -> int:
    from monitor.journal.reader import JournalReader
    from monitor.journal.replayhash import replay_hashes

    with JournalReader(folder) as journal:
        found = replay_hashes(entry for _, entry in journal.numbered())
    for one in found:
        if bed in (None, one.bed):
            print(json.dumps(asdict(one)) if as_json else "\n".join(_hash_lines(one)))  # noqa: T201
    return 0


def _hash_lines(one: "ReplayHash") -> "Iterator[str]":
    yield f"{one.bed:<12} run {one.run or '-'}  {one.n_entries} entries  {one.sha256}"
    if one.n_minutes:
        yield f"{'':<12} {one.n_minutes} minutes  {one.minutes_sha256}"
    for note in one.notes:
        yield f"{'':<12} note: {note}"


def _line(course: "AlarmCourse", stored: bool) -> str:
    alarm = course.latest
    raised = f"{datetime.fromtimestamp(alarm.raised_ns / 1e9).astimezone():%Y-%m-%d %H:%M:%S}"
    acknowledged = course.acknowledged
    by = f" by {acknowledged[0]}" if acknowledged else ""
    where = f"{alarm.bed}/{alarm.id}"
    waveform = "" if stored else "  (no waveform)"
    return (
        f"{where:<12} {raised}  {alarm.priority.name.lower():<6} {alarm.name:<20} "
        f"{alarm.phase}{by}  {course.raised.text}{waveform}"
    )


def _json(course: "AlarmCourse", stored: bool) -> str:
    value: dict[str, Any] = asdict(course.latest)
    acknowledged = course.acknowledged
    value |= {
        "priority": course.latest.priority.name.lower(),
        "first_text": course.raised.text,
        "acknowledged_ns": acknowledged[1] if acknowledged else None,
        "acknowledged_by": acknowledged[0] if acknowledged else None,
        "ended_ns": course.ended_ns,
        "run": course.run,
        "waveform": stored,
    }
    return json.dumps(value)
