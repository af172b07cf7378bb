"""The ways to look at a core, chosen by option: the screen, `--plain` text, `--json` lines."""

import argparse
import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from engine.errors import ConfigurationError

if TYPE_CHECKING:
    from monitor.core.child import CoreChild


def add_view_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options that choose a view."""
    how = parser.add_mutually_exclusive_group()
    how.add_argument("--plain", action="store_true", help="print text, for terminals that cannot draw")
    how.add_argument("--json", action="store_true", help="print one JSON object per line, for other programs")
    parser.add_argument(
        "--operator",
        default="",
        metavar="NAME",
        help="who acknowledges alarms here (default: the user's name)",
    )


def check_terminal(arguments: argparse.Namespace) -> None:
    """Refuse to draw where nothing can be drawn, before anything is started for it."""
    if arguments.plain or arguments.json:
        return
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise ConfigurationError(
            "no terminal to draw on: use --plain for text, --json for lines that programs read, "
            "or `ecg-monitor listen --headless` for the core alone"
        )
    if os.environ.get("TERM", "dumb") == "dumb":
        raise ConfigurationError(
            "this terminal (TERM=dumb) cannot draw the screen: use --plain for text, or --json"
        )


def show(
    arguments: argparse.Namespace,
    feed: str,
    commands: str,
    data: str = "",
    core_alive: Callable[[], bool] = lambda: True,
) -> int:
    """Show a core until the operator has seen enough."""
    insecure = arguments.insecure
    if arguments.json:
        from monitor import jsonlines

        return jsonlines.run(feed, core_alive=core_alive, insecure=insecure)
    if arguments.plain:
        from monitor import plain

        return plain.run(feed, data_endpoint=data, core_alive=core_alive, insecure=insecure)
    from monitor.tui import app

    return app.run(
        feed,
        commands,
        data_endpoint=data,
        core_alive=core_alive,
        operator=arguments.operator,
        insecure=insecure,
    )


@contextmanager
def ended_in_order() -> Iterator[None]:
    """Let a SIGTERM, or the terminal's end, clean up as leaving by key does."""

    def leave(number: int, frame: object) -> None:
        raise SystemExit(128 + number)

    numbers = (signal.SIGTERM, signal.SIGHUP)
    before = {number: signal.signal(number, leave) for number in numbers}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def show_core(arguments: argparse.Namespace, core: "CoreChild") -> int:
    """Show a core that is a child of this process; its own death is an error that is said."""
    code = show(arguments, core.feed, core.commands, core.data, lambda: core.alive)
    if core.alive:
        return code
    raise ConfigurationError(
        f"the core has died and nobody watches: {core.last_words() or 'it left no message'}; start it again"
    )
