"""Attach one more screen to a running core."""

import argparse

from monitor.endpoints import COMMANDS, FEED, check_endpoint
from monitor.views import add_view_arguments, check_terminal, show


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument(
        "feed", nargs="?", default=FEED, metavar="FEED", help=f"the core's feed (default {FEED})"
    )
    parser.add_argument(
        "--commands", default=COMMANDS, metavar="ENDPOINT", help=f"the core's commands (default {COMMANDS})"
    )
    parser.add_argument("--insecure", action="store_true", help="allow endpoints beyond this machine")
    add_view_arguments(parser)


def run(arguments: argparse.Namespace) -> int:
    """Show the core until the operator leaves."""
    check_terminal(arguments)
    for endpoint in (arguments.feed, arguments.commands):
        check_endpoint(endpoint, arguments.insecure)
    return show(arguments, arguments.feed, arguments.commands)
