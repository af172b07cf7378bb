"""Train the two-branch restoration model on PTB-XL: checkpoint, ONNX graph and model card.

Restoration is learned from all records of folds 1-7, without labels; what normal ECG looks like, from the
normal ones among them. Fold 8 chooses the epoch and sets scales and threshold; fold 9 is only reported. A
training that was stopped goes on with --resume. The same seed gives the same model on one machine.
"""

import argparse
from pathlib import Path

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

from engine.errors import ConfigurationError


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of `train`."""
    parser.add_argument("--data", type=Path, help="folder of PTB-XL (default: $ECG_MONITOR_DATA/ptbxl)")
    parser.add_argument(
        "--out", type=Path, default=Path("runs/mcr"), help="folder for the model (%(default)s)"
    )
    parser.add_argument("--epochs", type=int, default=12, help="passes over the data (%(default)s)")
    parser.add_argument("--seed", type=int, default=0, help="seed of everything random (%(default)s)")
    parser.add_argument("--resume", action="store_true", help="go on with the training in the --out folder")
    parser.add_argument("--threads", type=int, default=2, help="processor threads (%(default)s)")


def run(args: argparse.Namespace) -> int:
    """Train, evaluate on the test fold, write everything to `--out`."""
    if min(args.epochs, args.threads) < 1:
        raise ConfigurationError(
            f"--epochs and --threads must be at least 1, got {args.epochs} and {args.threads}"
        )
    from training.session import train

    console = Console()
    with Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
        console=console,
    ) as progress:
        evaluation = train(args.data, args.out, args.epochs, args.seed, args.resume, args.threads, progress)
    low, high = evaluation.auc_interval
    console.print(f"AUC {evaluation.auc:.3f} ({low:.3f} to {high:.3f}) on the test fold; model in {args.out}")
    return 0
