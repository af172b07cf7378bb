"""A simulated patient with a story of a few minutes, the monitor and its screen; nothing to configure.

Sinus rhythm, premature beats, ST elevation, a run of ventricular tachycardia, a lead falling off, recovery.
"""

import argparse
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import IO, Final

from engine.errors import ConfigurationError
from monitor.leash import end, leashed
from monitor.views import add_view_arguments, check_terminal, ended_in_order, show_core

FREE_PORT: Final = "tcp://127.0.0.1:0"
DEFAULTS: Final = ("demo", 1, 1.0, 0)
"""Story, beds, speed and seed: these are known to be good."""
REFUSED_WITHIN_S: Final = 2.0


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument(
        "--story", default=DEFAULTS[0], metavar="NAME|FILE", help="what happens (default demo)"
    )
    parser.add_argument(
        "--beds", type=int, default=DEFAULTS[1], metavar="N", help="simulated patients (default 1)"
    )
    parser.add_argument("--speed", type=float, default=DEFAULTS[2], help="times real time (default 1)")
    parser.add_argument(
        "--seed", type=int, default=DEFAULTS[3], help="another seed, another patient (default 0)"
    )
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
        stack.enter_context(ended_in_order())
        journal = arguments.journal or stack.enter_context(tempfile.TemporaryDirectory(prefix="ecg-monitor-"))
        options = [FREE_PORT, "--feed", FREE_PORT, "--commands", FREE_PORT, "--journal", str(journal)]
        core = stack.enter_context(CoreChild(options))
        stack.enter_context(_patients(arguments, core.data))
        return show_core(arguments, core)


@contextmanager
def _patients(arguments: argparse.Namespace, data: str) -> Iterator[None]:
    """Publish the patients from a process of their own."""
    options = {
        "--story": arguments.story,
        "--beds": arguments.beds,
        "--speed": arguments.speed,
        "--seed": arguments.seed,
        "--to": data,
    }
    words = [word for option, value in options.items() for word in (option, str(value))]
    with tempfile.TemporaryFile() as errors:
        child = leashed(["simulate", *words], subprocess.DEVNULL, errors)
        try:
            if _chosen(arguments) != DEFAULTS:
                _check_started(child, errors)
            yield
        finally:
            end(child)


def _chosen(arguments: argparse.Namespace) -> tuple[str, int, float, int]:
    return arguments.story, arguments.beds, arguments.speed, arguments.seed


def _check_started(child: subprocess.Popen[bytes], errors: IO[bytes]) -> None:
    """What the user chose may be wrong: then say so instead of showing a patient who never comes."""
    with suppress(subprocess.TimeoutExpired):
        child.wait(REFUSED_WITHIN_S)
        errors.seek(0)
        raise ConfigurationError(errors.read().decode(errors="replace").strip().removeprefix("ecg-monitor: "))
