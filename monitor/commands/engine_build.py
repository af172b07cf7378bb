"""Build an engine ahead of time, so that the monitor starts on it at once.

TensorRT-RTX engines are built without a GPU and run on any that it supports; TensorRT's own and those of
compiled torch are built for the machine at hand. What is interrupted leaves nothing that could be taken for
an engine.
"""

import argparse
import json
import time
from typing import TYPE_CHECKING

from engine.backends.enginekey import MOST, USUAL
from engine.errors import ModelError
from monitor.engine_options import add_engine_arguments, add_precision_argument, cache_of, checkpoint_of

if TYPE_CHECKING:
    from engine.backends.buildorder import BuildOrder

LIBRARIES = ("tensorrt", "tensorrt-rtx", "compiled")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument(
        "--library",
        choices=LIBRARIES,
        metavar="NAME",
        help=f"what builds it: {', '.join(LIBRARIES)} (default: the first that this machine has)",
    )
    add_precision_argument(parser)
    parser.add_argument(
        "--batches",
        nargs=3,
        type=int,
        default=[1, USUAL, MOST],
        metavar=("LEAST", "USUAL", "MOST"),
        help=f"windows in one call (default 1 {USUAL} {MOST}, as the monitor needs it)",
    )
    parser.add_argument("--again", action="store_true", help="build it even if it is there")
    add_engine_arguments(parser)


def run(arguments: argparse.Namespace) -> int:
    """Build, and say what came of it."""
    from engine.backends.builder import build_beside
    from engine.backends.buildorder import key_of
    from engine.backends.enginecache import MissingEngineError

    cache, order = cache_of(arguments), _order(arguments)
    key, started_s, built = key_of(order), time.monotonic(), True
    try:
        path, built = cache.find(key), arguments.again
    except MissingEngineError:
        pass
    except ModelError as damage:
        if not arguments.json:
            print(damage)  # noqa: T201
    if built:
        build_beside(order, cache)
        path = cache.find(key)
    (entry,) = (one for one in cache.entries() if one.name == key.name)
    about = {
        "path": str(path),
        "bytes": entry.n_bytes,
        "built": built,
        "seconds": round(time.monotonic() - started_s, 1),
        "key": key.to_dict(),
        "about": entry.about,
    }
    if not arguments.json:
        state = f"built in {about['seconds']} s" if built else "there already"
        print(f"{path}: {entry.n_bytes / 1e6:.1f} MB, {state}")  # noqa: T201
    print(json.dumps(about))  # noqa: T201
    return 0


def _order(arguments: argparse.Namespace) -> "BuildOrder":
    from engine.backends.backend import AbsentBackendError
    from engine.backends.buildorder import BuildOrder, key_of
    from engine.backends.enginekey import Batches
    from engine.backends.rungs import device_of

    batches, checkpoint = Batches(*arguments.batches), checkpoint_of(arguments)
    libraries = (arguments.library,) if arguments.library else LIBRARIES
    reasons = []
    for library in libraries:
        order = BuildOrder(library, arguments.precision, batches, checkpoint, device_of(library))
        try:
            key_of(order)
        except AbsentBackendError as absent:
            reasons.append(f"{library}: {absent}")
            continue
        return order
    raise AbsentBackendError("; ".join(reasons))
