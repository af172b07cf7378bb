"""A simulated patient with a story of a few minutes, the monitor and its screen; nothing to configure.

Sinus rhythm, premature beats, ST elevation, a run of ventricular tachycardia, a lead falling off, recovery.
"""

import argparse
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Final

from monitor.views import add_view_arguments, check_terminal, show_core

FREE_PORT: Final = "tcp://127.0.0.1:0"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("--story", default="demo", metavar="NAME|FILE", help="what happens (default demo)")
    parser.add_argument("--beds", type=int, default=1, metavar="N", help="simulated patients (default 1)")
    parser.add_argument("--speed", type=float, default=1.0, help="times real time (default 1)")
    parser.add_argument("--seed", type=int, default=0, help="another seed, another patient (default 0)")
    parser.add_argument(
        "--journal", type=Path, metavar="DIR", help="keep the alarm journal here (default: thrown away)"
    )
    add_view_arguments(parser)


def run(arguments: argparse.Namespace) -> int:
    """Start everything, show it, and leave nothing behind."""
    from monitor.core.child import CoreChild

    check_terminal(arguments)
    arguments.insecure = False
    with ExitStack() as stack:
        journal = arguments.journal or stack.enter_context(tempfile.TemporaryDirectory(prefix="ecg-monitor-"))
        options = [FREE_PORT, "--feed", FREE_PORT, "--commands", FREE_PORT, "--journal", str(journal)]
        core = stack.enter_context(CoreChild(options))
        stack.enter_context(_patients(arguments, core.data))
        return show_core(arguments, core)


@contextmanager
def _patients(arguments: argparse.Namespace, data: str) -> Iterator[None]:
    """Publish the patients from a process of its own, out of reach of the terminal's Ctrl-C."""
    options = {
        "--story": arguments.story,
        "--beds": arguments.beds,
        "--speed": arguments.speed,
        "--seed": arguments.seed,
        "--to": data,
    }
    words = [word for option, value in options.items() for word in (option, str(value))]
    child = subprocess.Popen(
        [sys.executable, "-m", "monitor", "simulate", *words],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        yield
    finally:
        child.terminate()
        try:
            child.wait(5)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()
