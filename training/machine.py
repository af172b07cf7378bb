"""What a training runs on: a device, a precision, and its place among the processes that share the work."""

import os
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final

import torch
import torch.distributed as dist
from torch import Tensor

from engine.errors import ConfigurationError

DEVICES: Final = ("auto", "cpu", "cuda")
PRECISIONS: Final = ("auto", "fp32", "bf16", "fp16")
PATIENCE: Final = timedelta(hours=1)
"""How long a process waits for the others, one of which may be validating."""

_TYPES: Final = {"bf16": torch.bfloat16, "fp16": torch.float16}


@dataclass(frozen=True, slots=True)
class Machine:
    """One process of a training."""

    device: torch.device = field(default_factory=lambda: torch.device("cpu"))
    precision: str = "fp32"
    """ "fp32"; "bf16" or "fp16" for mixed precision: weights stay float32."""
    rank: int = 0
    n_ranks: int = 1

    @property
    def first(self) -> bool:
        """Whether this process is the one that writes and speaks."""
        return self.rank == 0

    def part(self, n: int) -> slice:
        """Which rows of a batch of `n` are for this process."""
        each = n // self.n_ranks
        return slice(self.rank * each, (self.rank + 1) * each)

    def autocast(self) -> AbstractContextManager[object]:
        """Where the network computes in the chosen precision."""
        if self.precision == "fp32":
            return nullcontext()
        return torch.autocast(self.device.type, _TYPES[self.precision])

    def mean(self, value: Tensor) -> float:
        """Mean over the processes."""
        total = value.detach().clone()
        if self.n_ranks > 1:
            dist.all_reduce(total)
        return float(total) / self.n_ranks


@contextmanager
def join_machine(device: str = "auto", precision: str = "auto") -> Iterator[Machine]:
    """The machine of this process, among as many processes as `torchrun` started (else one)."""
    n_ranks, rank = int(os.environ.get("WORLD_SIZE", 1)), int(os.environ.get("RANK", 0))
    chosen = _choose_device(device, int(os.environ.get("LOCAL_RANK", 0)))
    machine = Machine(chosen, _choose_precision(precision, chosen), rank, n_ranks)
    if n_ranks == 1:
        yield machine
        return
    dist.init_process_group("nccl" if chosen.type == "cuda" else "gloo", timeout=PATIENCE)
    try:
        yield machine
    finally:
        dist.destroy_process_group()


def _choose_device(device: str, local_rank: int) -> torch.device:
    n_gpus = torch.cuda.device_count() if torch.cuda.is_available() else 0
    if device == "cpu" or (device == "auto" and not n_gpus):
        return torch.device("cpu")
    if local_rank >= n_gpus:
        raise ConfigurationError(
            f"process {local_rank + 1} on this machine has no GPU of its own (torch sees {n_gpus}): start as "
            "many processes as there are GPUs, or give --device cpu"
        )
    os.environ.setdefault(
        "CUBLAS_WORKSPACE_CONFIG", ":4096:8"
    )  # or its matrix products differ from run to run
    torch.cuda.set_device(local_rank)
    return torch.device("cuda", local_rank)


def _choose_precision(precision: str, device: torch.device) -> str:
    if precision == "auto":
        if device.type == "cpu":
            return "fp32"
        return "bf16" if torch.cuda.is_bf16_supported() else "fp16"
    if precision == "fp16" and device.type == "cpu":
        raise ConfigurationError("--precision fp16 needs a GPU: choose fp32 or bf16")
    return precision
