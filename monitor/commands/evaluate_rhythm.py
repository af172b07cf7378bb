"""Evaluate rhythm alarms on annotated recordings, in the same pipeline as live signals, without the model.

VFDB, CUDB, MIT-BIH and CPSC 2021 in the data folder. Limits and weights were chosen on one part of the
records; `--part held-out` runs the others.
"""

import argparse
import json
import os
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

from engine.errors import ConfigurationError

if TYPE_CHECKING:
    from monitor.evaluation.rhythm_figures import RecordFigures


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("--json", action="store_true", help="one JSON object instead of tables")
    parser.add_argument(
        "--part", choices=("held-out", "chosen-on", "all"), default="held-out", help="default: held-out"
    )
    parser.add_argument(
        "--data", type=Path, help="folder with vfdb/, cudb/, mitdb/ (default: $ECG_MONITOR_DATA)"
    )
    parser.add_argument(
        "--jobs", type=int, default=1, metavar="N", help="processes, each with a group of records (default 1)"
    )


def run(arguments: argparse.Namespace) -> int:
    """Run every record, print what came of it."""
    if arguments.jobs < 1:
        raise ConfigurationError(f"--jobs {arguments.jobs}: at least one record must run at a time")
    from rich.console import Console

    from monitor.evaluation.parts import grouped, records_of
    from monitor.evaluation.rhythm_report import print_rhythm, rhythm_document

    groups = grouped(records_of(_root(arguments.data), arguments.part))
    if arguments.jobs == 1:
        found = [evaluate(group) for group in groups]
    else:
        with ProcessPoolExecutor(arguments.jobs) as pool:
            found = list(pool.map(evaluate, groups))
    figures = [one for group in found for one in group]
    document = rhythm_document(figures, arguments.part)
    if arguments.json:
        print(json.dumps(document, allow_nan=False))  # noqa: T201
    else:
        print_rhythm(document, Console())
    return 0


def evaluate(paths: Sequence[Path]) -> "list[RecordFigures]":
    """Run records side by side through the pipeline and hold their alarms against their annotations."""
    from monitor.evaluation.marks import read_marks
    from monitor.evaluation.rhythm_figures import AF_ALARM, LETHAL, compare
    from monitor.evaluation.rhythm_truth import rhythm_truth
    from monitor.evaluation.sounds import listen_all
    from monitor.records import read_record

    records = [read_record(path) for path in paths]
    truths = [
        rhythm_truth(read_marks(path), record.duration_s) for path, record in zip(paths, records, strict=True)
    ]
    sounds = listen_all(records, (*LETHAL, AF_ALARM))
    return [
        compare(f"{path.parent.name}/{path.name}", record.duration_s / 3600, truth, heard)
        for path, record, truth, heard in zip(paths, records, truths, sounds, strict=True)
    ]


def _root(given: Path | None) -> Path:
    root = given or Path(os.environ.get("ECG_MONITOR_DATA", "../shared/data"))
    if not root.is_dir():
        raise ConfigurationError(
            f"no recordings at {root}: name the folder that holds vfdb/, cudb/ and mitdb/ with --data or "
            "ECG_MONITOR_DATA"
        )
    return root
