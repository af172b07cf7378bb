"""Options that `listen` and `analyze` share, checked before anything is started for them."""

import argparse
from typing import Final

from engine.errors import ConfigurationError
from engine.grid import WINDOW_S

MIN_HOP_S: Final = 0.1
MAX_THREADS: Final = 64
MAX_READERS: Final = 8
"""What the core does by itself for each window is a quarter of the work: more would wait for it."""

BACKENDS: Final = ("auto", "onnx", "torch", "torch-cuda", "compiled", "tensorrt", "tensorrt-rtx")
"""As `engine.backends.rungs` knows them, which takes long to import; a test compares the two."""
PRECISIONS: Final = ("fp32", "tf32", "fp16", "bf16")


def add_backend_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the model runs on."""
    parser.add_argument(
        "--backend",
        choices=BACKENDS,
        default="auto",
        metavar="NAME",
        help=f"what the model runs on: {', '.join(BACKENDS)} (default auto: the best that works here)",
    )
    parser.add_argument(
        "--precision",
        choices=PRECISIONS,
        default="fp32",
        metavar="P",
        help=f"of TensorRT engines: {', '.join(PRECISIONS)} (default fp32)",
    )


def check_hop(hop_s: float) -> None:
    """Refuse a hop that leaves signal unassessed, or no time to assess it."""
    if not MIN_HOP_S <= hop_s <= WINDOW_S:
        raise ConfigurationError(
            f"a hop of {hop_s:g} s is not possible: choose {MIN_HOP_S} to {WINDOW_S} s (a window is so long)"
        )


def check_threads(threads: int) -> None:
    """Refuse a number of threads that no model can use."""
    if not 1 <= threads <= MAX_THREADS:
        raise ConfigurationError(f"--threads {threads}: give 1 to {MAX_THREADS}")


def check_readers(readers: int) -> None:
    """Refuse a number of processes that the core cannot feed."""
    if not 0 <= readers <= MAX_READERS:
        raise ConfigurationError(f"--readers {readers}: give 0 to {MAX_READERS}")
