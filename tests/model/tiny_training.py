"""A training of a tiny network in a process of its own, for tests that kill it or start several."""

import argparse
import os
import signal
from pathlib import Path

import torch
from rich.console import Console
from safetensors.torch import save_file

from engine.models.config import NetworkConfig
from training.curves import Curves, Row
from training.dataset import make_dataset
from training.display import Display
from training.fit import Training, TrainingConfig
from training.machine import join_machine
from training.ptbxl import read_entries
from training.session import train

TINY = NetworkConfig(width=16, stem=8, beat_width=8, n_global_blocks=1, n_local_blocks=1)
CONFIG = TrainingConfig(epochs=6, batch=8)


def whole(data: Path, out: Path, resume: bool) -> None:
    with Display(Console()) as display:
        train(data, out, CONFIG, display, resume=resume, save_every_s=0, network=TINY)


def fit(data: Path, out: Path, resume: bool, killed: str) -> None:
    """Training alone; each process leaves the weights it ends with, before the best are chosen."""
    torch.use_deterministic_algorithms(True)
    torch.set_num_threads(1)
    dataset = make_dataset(entry for entry in read_entries(data) if entry.fold <= 8)
    with join_machine("cpu") as machine, Curves(out, print) as curves:
        training = Training(dataset, TINY, CONFIG, machine, save_every_s=0)

        def report(row: Row) -> None:
            if killed == f"{machine.rank}:{row.step}":
                os.kill(os.getpid(), signal.SIGKILL)
            if row.step == row.n_steps:
                save_weights()
            if machine.first:
                curves.add(row)

        def save_weights() -> None:
            save_file(training.network.state_dict(), out / f"rank-{machine.rank}.safetensors")

        training.run(out / "state", resume, report)
        if not machine.first:
            save_weights()


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("what", choices=("whole", "fit"))
    parser.add_argument("data", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--resume", action="store_true")
    parser.add_argument("--kill", default="", help="RANK:STEP")
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    if args.what == "whole":
        whole(args.data, args.out, args.resume)
    else:
        fit(args.data, args.out, args.resume, args.kill)
