"""Hand an alarm on: a strip on ECG paper (25 mm/s, 10 mm/mV), or WFDB, JSON, FHIR.

ALARM is BED/ID or, where only one bed has it, ID; `ecg-monitor journal` lists them. The signal comes from the
recorded waveforms, also while a core is running. What is not stored, was not received or not assessed is said
in the file and on stderr; with nothing stored at all the exit code is 2.
"""

import argparse
import json
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

from engine.errors import ConfigurationError, EcgMonitorError

if TYPE_CHECKING:
    from monitor.export.excerpt import Excerpt
    from monitor.export.paper import Layout

MAX_S: Final = 600.0
FORMATS: Final = ("pdf", "png", "svg", "wfdb", "json", "fhir")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("alarm", metavar="ALARM", help="BED/ID, or ID")
    parser.add_argument("--format", choices=FORMATS, default="pdf", help="default pdf")
    parser.add_argument("--bed", help="the alarm's bed")
    parser.add_argument("--journal", type=Path, metavar="DIR", help="the journal's folder")
    parser.add_argument(
        "--record", type=Path, metavar="DIR", help="folder of the waveforms (default: as in `listen`)"
    )
    parser.add_argument(
        "--before", type=float, default=10.0, metavar="S", help="seconds before the onset (default 10)"
    )
    parser.add_argument(
        "--after", type=float, default=20.0, metavar="S", help="seconds after the onset (default 20)"
    )
    parser.add_argument(
        "--layout", default="3x4", metavar="3x4|12x1", help="leads on a page of 10 s (default 3x4 + rhythm)"
    )
    parser.add_argument(
        "--out", type=Path, metavar="FILE", help="default: BED-ID-NAME.FORMAT in this folder; - for stdout"
    )


def run(arguments: argparse.Namespace) -> int:
    """Export."""
    from monitor.export.excerpt import excerpt, find_alarm
    from monitor.export.paper import check_layout
    from monitor.journal.journal import default_directory
    from monitor.journal.reader import JournalReader
    from monitor.recording.place import waveforms_of

    layout = check_layout(arguments.layout)
    bed, alarm_id = wanted(arguments.alarm, arguments.bed)
    _check_range(arguments.before, arguments.after)
    with JournalReader(arguments.journal or default_directory()) as journal:
        story = find_alarm(journal, bed, alarm_id)
        folder = waveforms_of(journal, arguments.record)
    shown = excerpt(story, folder, arguments.before, arguments.after)
    path = arguments.out or Path(_name(shown, arguments.format))
    _write(shown, arguments.format, layout, path)
    for hole in shown.holes:
        print(f"ecg-monitor: {hole}", file=sys.stderr)  # noqa: T201
    return EcgMonitorError.EXIT_CODE if shown.empty else 0


def _write(shown: "Excerpt", form: str, layout: "Layout", path: Path) -> None:
    if form in ("json", "fhir"):
        _write_text(shown, form, path)
        return
    if str(path) == "-":
        raise ConfigurationError(f"--format {form} needs a file: --out FILE")
    if not path.absolute().parent.is_dir():
        raise ConfigurationError(f"--out {path}: no folder {path.parent}, create it first")
    try:
        if form == "wfdb":
            from monitor.export.wfdb_record import write_record

            files = ", ".join(map(str, write_record(shown, path.with_suffix("") if path.suffix else path)))
        else:
            from monitor.export.rendering import render

            n_pages = render(shown, layout, form, path)  # type: ignore[arg-type]
            files = f"{path} ({n_pages} page{'s' * (n_pages != 1)})"
    except OSError as error:
        raise ConfigurationError(f"cannot write {path}: {error.strerror or error}") from error
    print(f"written: {files}")  # noqa: T201


def _write_text(shown: "Excerpt", form: str, path: Path) -> None:
    from monitor.export.document import document
    from monitor.export.fhir import observation

    value = document(shown) if form == "json" else observation(shown)
    text = json.dumps(value, ensure_ascii=False, allow_nan=False)
    if str(path) == "-":
        print(text)  # noqa: T201
        return
    try:
        path.write_text(text + "\n", encoding="utf-8")
    except OSError as error:
        raise ConfigurationError(f"cannot write {path}: {error.strerror or error}") from error
    print(f"written: {path}")  # noqa: T201


def wanted(alarm: str, bed: str | None) -> tuple[str | None, int]:
    """The bed (None: whichever has it) and number that an operator means; refuses what is no alarm."""
    from monitor.wire import bed_name

    match = re.fullmatch(r"(?:([A-Za-z0-9_.-]+)/)?([0-9]{1,15})", alarm)
    if match is None:
        raise ConfigurationError(
            f"{alarm!r} is no alarm: give BED/ID or ID; `ecg-monitor journal` lists them"
        )
    beds = {bed_name(name) for name in (match[1], bed) if name}
    if len(beds) > 1:
        raise ConfigurationError(f"{alarm} and --bed {bed} name two beds: give one")
    return (beds.pop() if beds else None), int(match[2])


def _check_range(before_s: float, after_s: float) -> None:
    for option, value in (("--before", before_s), ("--after", after_s)):
        if not 0 <= value <= MAX_S:
            raise ConfigurationError(f"{option} {value:g}: give 0 to {MAX_S:g} seconds")
    if before_s + after_s < 1:
        raise ConfigurationError("a strip needs at least one second: raise --before or --after")


def _name(shown: "Excerpt", form: str) -> str:
    name = f"{shown.alarm.bed.replace('.', '-')}-{shown.alarm.id}-{shown.alarm.name}"
    return name if form == "wfdb" else f"{name}.{'fhir.json' if form == 'fhir' else form}"
