"""Evaluate R peaks, beat classes and delineation on annotated recordings.

R peaks and classes: MIT-BIH and the noise stress records, streamed as at the bedside, compared after EC57
(150 ms; the first five minutes are the monitor's to learn from). Each record is judged by the perceptron
that was fitted without it. Delineation: LUDB, next to the tolerances of the CSE and to neurokit2; limits were
chosen on records 1 to 75 (--part choose), figures are read on 76 to 150 (--part report).
"""

import argparse
import json
from pathlib import Path

from rich.console import Console

from engine.errors import ConfigurationError

SETS = ("mitdb", "nstdb", "ludb")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of `evaluate beats`."""
    parser.add_argument("--data", type=Path, help="folder that holds the sets (default: $ECG_MONITOR_DATA)")
    parser.add_argument("--sets", nargs="+", choices=SETS, default=list(SETS), help="which sets (all)")
    parser.add_argument("--records", nargs="+", metavar="NAME", help="only these records of the sets")
    parser.add_argument(
        "--part", choices=("choose", "report"), default="report", help="half of LUDB (%(default)s)"
    )
    parser.add_argument("--no-neurokit", action="store_true", help="leave out the comparison with neurokit2")
    parser.add_argument("--jobs", type=int, default=1, help="records at the same time (%(default)s)")
    parser.add_argument("--json", action="store_true", help="one JSON object on one line")


def run(args: argparse.Namespace) -> int:
    """Measure and print."""
    if args.jobs < 1:
        raise ConfigurationError(f"--jobs must be at least 1, got {args.jobs}")
    from training.beats.evaluation import evaluate
    from training.beats.report import tables

    errors = Console(stderr=True)
    found = evaluate(
        args.data,
        args.sets,
        args.records,
        args.part,
        not args.no_neurokit,
        args.jobs,
        lambda name: errors.print(name) if errors.is_terminal else None,
    )
    if args.json:
        print(json.dumps(found))  # noqa: T201
    else:
        Console().print(*tables(found), sep="\n")
    return 0
