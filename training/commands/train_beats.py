"""Fit the part of beat classification that is learned, on the annotated beats of MIT-BIH.

An ensemble of small perceptrons, each fitted without some of the records, so that every record can be judged
by a member that never saw it. The same data and seed give the same weights.
"""

import argparse
from pathlib import Path

from rich.console import Console

from engine.errors import ConfigurationError


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of `train beats`."""
    parser.add_argument("--data", type=Path, help="folder that holds mitdb/ (default: $ECG_MONITOR_DATA)")
    parser.add_argument(
        "--out", type=Path, default=Path("runs/beats"), help="folder for the weights (%(default)s)"
    )
    parser.add_argument("--seed", type=int, default=0, help="seed of everything random (%(default)s)")
    parser.add_argument("--jobs", type=int, default=1, help="records read at the same time (%(default)s)")


def run(args: argparse.Namespace) -> int:
    """Describe every beat of every record, fit, write weights and card."""
    if args.jobs < 1:
        raise ConfigurationError(f"--jobs must be at least 1, got {args.jobs}")
    from training.beats.session import train

    console = Console(stderr=True)
    examples = train(args.data, args.out, args.seed, args.jobs, lambda name: console.print(f"record {name}"))
    n_beats = sum(one.target.size for one in examples)
    Console().print(f"{n_beats} beats of {len(examples)} records; weights and card in {args.out}")
    return 0
