"""Measure where a model sees anomalies, against where they are known to be.

Three parts. grafts: normal records of PTB-XL with anomalies of known place and lead put into them, and
artefacts that are none. mitdb: real abnormal beats in two leads. ludb: real findings in 12 leads. Fold 8 goes
with the half of MIT-BIH that is for choosing, fold 9 with the other. The same options give the same cases for
every model, so two models can be compared case by case (--save, then --against).
"""

import argparse
import json
from pathlib import Path
from typing import Any, Final

from rich.console import Console
from rich.progress import Progress

from engine.errors import ConfigurationError
from engine.scorer import WEIGHTS, load_scorer
from training.differencetable import difference_table
from training.localization.benchmark import PARTS, Extent, run_benchmark
from training.localization.outcome import load_outcomes, save_outcomes
from training.localization.tables import tables
from training.localization.versus import compare
from training.ptbxl import data_folder

MIN_MINUTES: Final = 0.2


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of `evaluate localization`."""
    parser.add_argument(
        "--model", default="mcr", help="name of a model, or its .safetensors file (%(default)s)"
    )
    parser.add_argument("--backend", default="onnx", help="onnx or torch (%(default)s)")
    parser.add_argument("--part", choices=PARTS, action="append", help="only this part; may be repeated")
    parser.add_argument("--fold", type=int, default=9, help="8 for choosing, 9 for reporting (%(default)s)")
    parser.add_argument("--cases", type=int, default=40, help="of each kind of graft (%(default)s)")
    parser.add_argument(
        "--minutes", type=float, default=30, help="of each recording of MIT-BIH (%(default)s)"
    )
    parser.add_argument(
        "--data", type=Path, help="folder with ptbxl/, mitdb/ and ludb/ (default: $ECG_MONITOR_DATA)"
    )
    parser.add_argument("--threads", type=int, default=1, help="processor threads (%(default)s)")
    parser.add_argument("--json", action="store_true", help="one JSON object on one line")
    parser.add_argument("--save", type=Path, metavar="FILE.csv", help="write one row for each case")
    parser.add_argument("--against", type=Path, metavar="FILE.csv", help="compare with the cases saved there")


def run(args: argparse.Namespace) -> int:
    """Run the parts and print the figures."""
    if args.cases < 1:
        raise ConfigurationError(f"--cases must be at least 1, got {args.cases}")
    if args.minutes < MIN_MINUTES:
        raise ConfigurationError(f"--minutes must be at least {MIN_MINUTES}, got {args.minutes:g}")
    file = Path(args.model)
    weights, name = (file.parent, file.stem) if file.suffix == ".safetensors" else (WEIGHTS, args.model)
    others = load_outcomes(args.against) if args.against else None
    scorer = load_scorer(name, args.backend, args.threads, weights)
    extent = Extent(tuple(args.part or PARTS), args.fold, args.cases, args.minutes)
    errors = Console(stderr=True)
    with Progress(console=errors, transient=True, disable=not errors.is_terminal) as progress:
        task = progress.add_task("judging cases", total=None)
        report, outcomes = run_benchmark(
            scorer, args.data or data_folder().parent, extent, lambda: progress.advance(task)
        )
    if args.save:
        save_outcomes(args.save, outcomes)
    differences = compare(outcomes, others) if others is not None else []
    if args.json:
        facts: dict[str, Any] = {
            "model": name,
            "backend": args.backend,
            "fold": args.fold,
            **report.to_dict(),
        }
        if others is not None:
            facts["against"] = [one.to_dict() for one in differences]
        print(json.dumps(facts))  # noqa: T201
        return 0
    console = Console()
    for table in tables(name, args.fold, report):
        console.print(table)
    if others is not None:
        console.print(difference_table(name, args.against, differences))
    return 0
