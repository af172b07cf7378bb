"""Train a model on PTB-XL: checkpoint, ONNX graph, loss curves and model card.

mcr, the shipped model: restoration is learned from all records of folds 1-7, without labels; what normal ECG
looks like, from the normal ones among them. mcr-2023, the published network: everything from normal records.
Fold 8 chooses the epoch and sets scales and threshold; fold 9 is only reported. A training that was stopped,
however hard, goes on with --resume. The same seed gives the same model on one machine. Several GPUs:
torchrun --nproc-per-node N -m monitor train ...
"""

import argparse
import os
from pathlib import Path
from typing import TYPE_CHECKING, Final

from rich.console import Console

from engine.errors import ConfigurationError

if TYPE_CHECKING:
    from training.evaluation import Evaluation

EPOCHS: Final = {"mcr": 50, "mcr-2023": 20}
"""Passes over the data unless told otherwise."""
_OURS: Final = {
    "batch": 32,
    "device": "auto",
    "precision": "auto",
    "tensorboard": False,
    "skip_unreadable": False,
}
"""What only the training of mcr can be told, and what it does untold."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of `train`."""
    parser.add_argument("--model", default="mcr", choices=tuple(EPOCHS), help="(%(default)s)")
    parser.add_argument("--data", type=Path, help="folder of PTB-XL (default: $ECG_MONITOR_DATA/ptbxl)")
    parser.add_argument("--out", type=Path, help="folder for the model (default: runs/MODEL)")
    passes = ", ".join(f"{name} {n}" for name, n in EPOCHS.items())
    parser.add_argument("--epochs", type=int, help=f"passes over the data ({passes})")
    parser.add_argument(
        "--batch", type=int, default=_OURS["batch"], help="records a step, all processes (%(default)s)"
    )
    parser.add_argument("--seed", type=int, default=0, help="seed of everything random (%(default)s)")
    parser.add_argument(
        "--seeds", type=int, default=1, help="train so many models, from --seed on, each in OUT/seed-N"
    )
    parser.add_argument("--resume", action="store_true", help="go on with the training in the --out folder")
    parser.add_argument(
        "--skip-unreadable", action="store_true", help="leave out records that cannot be read, and say so"
    )
    parser.add_argument(
        "--threads", type=int, default=2, help="processor threads of each process (%(default)s)"
    )
    parser.add_argument(
        "--device", default="auto", choices=("auto", "cpu", "cuda"), help="auto: a GPU if there is one"
    )
    parser.add_argument(
        "--precision",
        default="auto",
        choices=("auto", "fp32", "bf16", "fp16"),
        help="auto: mixed precision on a GPU, fp32 on a processor",
    )
    parser.add_argument("--tensorboard", action="store_true", help="event files as well, in OUT/tensorboard")


def run(args: argparse.Namespace) -> int:
    """Train, evaluate on the test fold, write everything to `--out`."""
    args.epochs = EPOCHS[args.model] if args.epochs is None else args.epochs
    _check(args)
    out = args.out or Path("runs") / args.model
    train = _train_2023 if args.model == "mcr-2023" else _train
    evaluations = []
    for seed in range(args.seed, args.seed + args.seeds):
        try:
            found = train(args, seed, out / f"seed-{seed}" if args.seeds > 1 else out)
        except KeyboardInterrupt:
            Console(stderr=True).print("stopped: the same command goes on with --resume", highlight=False)
            raise
        if found is not None:
            evaluations.append(found)
    if evaluations:
        _summarize(evaluations, out)
    return 0


def _check(args: argparse.Namespace) -> None:
    for name in ("epochs", "batch", "seeds", "threads"):
        if getattr(args, name) < 1:
            raise ConfigurationError(f"--{name} must be at least 1, got {getattr(args, name)}")
    n_processes = int(os.environ.get("WORLD_SIZE", 1))
    if n_processes > 1 and args.seeds > 1:
        raise ConfigurationError("torchrun trains one model at a time: give --seed instead of --seeds")
    if args.model == "mcr-2023":
        given = [
            f"--{name.replace('_', '-')}" for name, untold in _OURS.items() if getattr(args, name) != untold
        ]
        given += ["torchrun"] if n_processes > 1 else []
        if given:
            raise ConfigurationError(
                f"mcr-2023 follows its published procedure, in one process: leave out {', '.join(given)}"
            )


def _train(args: argparse.Namespace, seed: int, out: Path) -> "Evaluation | None":
    from training.display import Display
    from training.fit import TrainingConfig
    from training.session import train

    with Display(Console()) as display:
        return train(
            args.data,
            out,
            TrainingConfig(args.epochs, args.batch, seed),
            display,
            resume=args.resume,
            threads=args.threads,
            device=args.device,
            precision=args.precision,
            tensorboard=args.tensorboard,
            skip_unreadable=args.skip_unreadable,
        )


def _train_2023(args: argparse.Namespace, seed: int, out: Path) -> "Evaluation":
    """The published network has its own published procedure."""
    from training.display import Display
    from training.mcr2023.session import train

    with Display(Console()) as display:
        return train(args.data, out, args.epochs, seed, args.resume, args.threads, display.progress)


def _summarize(evaluations: "list[Evaluation]", out: Path) -> None:
    console = Console()
    for one in evaluations:
        low, high = one.auc_interval
        console.print(f"AUC {one.auc:.3f} ({low:.3f} to {high:.3f}) on the test fold", highlight=False)
    if len(evaluations) > 1:
        from statistics import mean, stdev

        aucs = [one.auc for one in evaluations]
        console.print(f"AUC {mean(aucs):.3f} +- {stdev(aucs):.3f} over {len(aucs)} seeds", highlight=False)
    console.print(f"model in {out}", highlight=False, soft_wrap=True)
