"""Measure this machine: how many beds it can watch over, where the time goes, latency, the model's backends,
start-up, analysis speed, the screen's cost.

Each benchmark ends with one JSON object on its last line; times are medians, p99 and maximum after warm-up.
"""

import argparse
import json
import subprocess
import sys
from pathlib import Path
from typing import Any, Final

from engine.errors import ConfigurationError

FOLDER: Final = Path(__file__).parents[2] / "benchmarks"
_PARTS: Final = ("bench_tools", "ward_feed")
"""Files there that are no benchmarks."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("name", metavar="NAME", help=f"one of: {', '.join(_files()) or 'none found'}")
    parser.add_argument("--seconds", type=float, default=30.0, help="length of the measurement (default 30)")
    parser.add_argument("--beds", metavar="N,N,...", help="beds, latency: wards to try, in rising order")
    parser.add_argument(
        "--plot", type=Path, metavar="FILE.svg", help="beds: cost and latency over their number"
    )
    parser.add_argument("--json", action="store_true", help="print the JSON object alone")


def run(arguments: argparse.Namespace) -> int:
    """Run one benchmark in a process of its own and print what it found."""
    files = _files()
    if arguments.name not in files:
        raise ConfigurationError(_unknown(arguments.name))
    if not 0 < arguments.seconds <= 3600:
        raise ConfigurationError(f"--seconds {arguments.seconds:g}: give more than 0 and at most 3600")
    command = [
        sys.executable,
        str(files[arguments.name]),
        "--seconds",
        str(arguments.seconds),
        *(f"--{name}={value}" for name in ("beds", "plot") if (value := getattr(arguments, name))),
    ]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False)
    if done.returncode != 0 or not done.stdout.strip():
        raise ConfigurationError(
            f"benchmark {arguments.name} failed with exit code {done.returncode}, see above"
        )
    result: dict[str, Any] = json.loads(done.stdout.strip().splitlines()[-1])
    if not arguments.json:
        _print_table(arguments.name, result)
    print(json.dumps(result))  # noqa: T201 - the promise: one JSON object on the last line
    return 0


def _files() -> dict[str, Path]:
    """Benchmarks by name; a file may not be called like a package that its neighbours import."""
    scripts = sorted(path for path in FOLDER.glob("*.py") if path.stem not in _PARTS)
    return {path.stem.removesuffix("_bench"): path for path in scripts}


def _unknown(name: str) -> str:
    if not FOLDER.is_dir():
        return f"no folder {FOLDER}: benchmarks come with the source checkout, run them from there"
    return f"no benchmark is named {name!r}: choose one of {', '.join(_files())}"


def _print_table(name: str, result: dict[str, Any]) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table("figure", "value", title=f"benchmark {name}")
    for key, value in result.items():
        table.add_row(key, json.dumps(value))
    Console().print(table)
