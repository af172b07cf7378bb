"""Evaluate a model on a fold of PTB-XL: how well it tells abnormal records from normal ones.

Normal is "superclass list exactly NORM". Nothing is dropped: a record that cannot be scored counts as an
error.
"""

import argparse
import json
from pathlib import Path

from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from engine.errors import ConfigurationError
from engine.scorer import WEIGHTS, load_scorer
from training.card import figures
from training.differencetable import difference_table
from training.evaluation import Evaluation, evaluate, score_entries
from training.ptbxl import find_data, read_entries
from training.report import check_report, write_report
from training.scorefile import compare_scores, load_scores, save_scores, saved_scores
from training.waveform import print_faults


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of `evaluate`."""
    parser.add_argument(
        "--model", default="mcr", help="name of a model, or its .safetensors file (%(default)s)"
    )
    parser.add_argument("--backend", default="onnx", help="onnx or torch (%(default)s)")
    parser.add_argument("--fold", type=int, default=9, help="fold of PTB-XL, 1 to 10 (%(default)s)")
    parser.add_argument("--data", type=Path, help="folder of PTB-XL (default: $ECG_MONITOR_DATA/ptbxl)")
    parser.add_argument("--threads", type=int, default=1, help="processor threads (%(default)s)")
    parser.add_argument("--json", action="store_true", help="one JSON object on one line")
    parser.add_argument("--save", type=Path, metavar="FILE.csv", help="write the score of each record")
    parser.add_argument(
        "--against", type=Path, metavar="FILE.csv", help="compare with the scores saved there"
    )
    parser.add_argument(
        "--report", type=Path, metavar="FILE.html", help="write a page with plots and records"
    )


def run(args: argparse.Namespace) -> int:
    """Score every record of the fold and print the figures."""
    file = Path(args.model)
    weights, name = (file.parent, file.stem) if file.suffix == ".safetensors" else (WEIGHTS, args.model)
    others = load_scores(args.against) if args.against else None
    if args.report:
        check_report(args.report)
    scorer = load_scorer(name, args.backend, args.threads, weights)
    entries = [entry for entry in read_entries(find_data(args.data)) if entry.fold == args.fold]
    if not entries:
        raise ConfigurationError(f"no records in fold {args.fold}: choose a fold that the data has (--fold)")
    errors = Console(stderr=True)
    with Progress(console=errors, transient=True, disable=not errors.is_terminal) as progress:
        task = progress.add_task(f"scoring fold {args.fold}", total=len(entries))
        scored = []
        for one in score_entries(scorer, entries):
            scored.append(one)
            progress.advance(task)
    print_faults([one.fault for one in scored if one.fault], errors)
    evaluation, rows = evaluate(scored), saved_scores(scored)
    if args.save:
        save_scores(args.save, rows)
    if args.report:
        write_report(args.report, scored, scorer, evaluation)
    differences = None if others is None else compare_scores(rows, others)
    if args.json:
        facts = {"model": name, "backend": args.backend, "fold": args.fold, **evaluation.to_dict()}
        if differences is not None:
            facts["against"] = [one.to_dict() for one in differences]
        print(json.dumps(facts))  # noqa: T201
        return 0
    console = Console()
    console.print(_table(name, args.fold, evaluation))
    if differences is not None:
        console.print(difference_table(name, args.against, differences))
    return 0


def _table(name: str, fold: int, evaluation: Evaluation) -> Table:
    table = Table(title=f"{name} on fold {fold}", show_header=False)
    for what, value in figures(evaluation):
        table.add_row(what.replace("*", ""), value.replace("*", ""))
    for reason, n in evaluation.not_assessed.items():
        table.add_row(f"not assessed: {reason}", str(n))
    return table
