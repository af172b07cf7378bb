"""Options that the topics of `engine` share."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Final

from engine.errors import ConfigurationError
from monitor.model_options import PRECISIONS

if TYPE_CHECKING:
    from engine.backends.enginecache import EngineCache
    from engine.backends.rungs import Model

BACKENDS: Final = ("tensorrt", "tensorrt-rtx", "compiled", "torch-cuda", "onnx", "torch")
"""As `engine.backends.rungs` knows them, which takes long to import; a test compares the two."""


def add_engine_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare which model, and where its engines are."""
    parser.add_argument("--model", default="mcr", metavar="NAME", help="the trained model (default mcr)")
    parser.add_argument(
        "--cache", type=Path, metavar="DIR", help="folder of engines (default: the user's cache)"
    )
    parser.add_argument("--json", action="store_true", help="one JSON object, on the last line")


def add_choice_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare which backends, and in which precision."""
    parser.add_argument(
        "--only",
        nargs="+",
        choices=BACKENDS,
        default=list(BACKENDS),
        metavar="NAME",
        help=f"these backends alone, of {', '.join(BACKENDS)}",
    )
    add_precision_argument(parser)
    parser.add_argument("--threads", type=int, default=1, metavar="N", help="on the CPU (default 1)")


def add_precision_argument(parser: argparse.ArgumentParser) -> None:
    """Declare the precision of what is built."""
    parser.add_argument(
        "--precision",
        choices=PRECISIONS,
        default="fp32",
        metavar="P",
        help=f"of what is built: {', '.join(PRECISIONS)} (default fp32)",
    )


def cache_of(arguments: argparse.Namespace) -> "EngineCache":
    """The folder of engines."""
    from engine.backends.enginecache import EngineCache

    return EngineCache(arguments.cache)


def checkpoint_of(arguments: argparse.Namespace) -> Path:
    """The model's file."""
    from engine.scorer import WEIGHTS

    path: Path = WEIGHTS / f"{arguments.model}.safetensors"
    if not path.is_file():
        raise ConfigurationError(f"no model {arguments.model!r} in {WEIGHTS}: name one that is there")
    return path


def model_of(arguments: argparse.Namespace) -> "Model":
    """The model that backends are made of."""
    from engine.backends.rungs import Model
    from engine.checkpoint import load_checkpoint

    path = checkpoint_of(arguments)
    return Model(
        load_checkpoint(path),
        path,
        threads=getattr(arguments, "threads", 1),
        precision=getattr(arguments, "precision", "fp32"),
        cache=cache_of(arguments),
    )
