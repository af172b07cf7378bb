"""Receive beds and watch over them: a core in its own process, with a screen attached.

Devices (or `ecg-monitor replay`, `ecg-monitor simulate`) send their samples to ENDPOINT. Without a terminal
use --plain (text), --json (one JSON object per line) or --headless (the core alone, for `ecg-monitor view`).
"""

import argparse
import os
from pathlib import Path
from typing import TYPE_CHECKING

from engine.grid import HOP_S
from monitor.endpoints import COMMANDS, DATA, FEED
from monitor.model_options import MAX_READERS, add_backend_arguments, check_hop, check_readers, check_threads
from monitor.recording_options import (
    add_recording_arguments,
    keep_of,
    record_folder,
    recording_options,
)
from monitor.views import add_view_arguments, check_terminal, ended_in_order, show_core

if TYPE_CHECKING:
    from monitor.recording.ring import Keep


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument(
        "endpoint", nargs="?", default=DATA, metavar="ENDPOINT", help=f"where samples arrive (default {DATA})"
    )
    parser.add_argument(
        "--connect", action="store_true", help="connect to a publisher at ENDPOINT instead of waiting there"
    )
    parser.add_argument("--headless", action="store_true", help="the core alone, no screen")
    parser.add_argument("--feed", default=FEED, metavar="ENDPOINT", help=f"for viewers (default {FEED})")
    parser.add_argument(
        "--commands", default=COMMANDS, metavar="ENDPOINT", help=f"from viewers (default {COMMANDS})"
    )
    parser.add_argument(
        "--journal", type=Path, metavar="DIR", help="folder of the alarm journal (default: the user's state)"
    )
    add_recording_arguments(parser)
    parser.add_argument(
        "--hop", type=float, default=HOP_S, metavar="S", help="seconds between two windows (default 1)"
    )
    parser.add_argument(
        "--threads",
        type=int,
        default=min(4, os.cpu_count() or 1),
        metavar="N",
        help="of the model, where the core reads by itself (default: one per CPU core, at most 4)",
    )
    parser.add_argument(
        "--readers",
        type=int,
        default=min(MAX_READERS, os.cpu_count() or 1),
        metavar="N",
        help="processes that read windows beside the core once there are more than "
        "24 beds (default: one per CPU core, at most 8; 0: none)",
    )
    add_backend_arguments(parser)
    parser.add_argument("--insecure", action="store_true", help="allow endpoints beyond this machine")
    add_view_arguments(parser)


def run(arguments: argparse.Namespace) -> int:
    """Run the core here, or as a child with a view on it."""
    check_hop(arguments.hop)
    check_threads(arguments.threads)
    check_readers(arguments.readers)
    keep = keep_of(arguments)
    if arguments.headless:
        return _headless(arguments, keep)
    check_terminal(arguments)
    from monitor.core.child import CoreChild

    with ended_in_order(), CoreChild(core_options(arguments)) as core:
        return show_core(arguments, core)


def core_options(arguments: argparse.Namespace) -> list[str]:
    """Spell the options again for the child."""
    options = [
        arguments.endpoint,
        *("--feed", arguments.feed, "--commands", arguments.commands),
        *("--hop", str(arguments.hop), "--threads", str(arguments.threads)),
        *("--readers", str(arguments.readers)),
        *("--backend", arguments.backend, "--precision", arguments.precision),
    ]
    if arguments.journal is not None:
        options += ["--journal", str(arguments.journal)]
    options += recording_options(arguments)
    return options + [f"--{flag}" for flag in ("connect", "insecure") if getattr(arguments, flag)]


def _headless(arguments: argparse.Namespace, keep: "Keep") -> int:
    from monitor.core.headless import run_headless
    from monitor.core.settings import CoreSettings

    settings = CoreSettings(
        data=arguments.endpoint,
        connect=arguments.connect,
        feed=arguments.feed,
        commands=arguments.commands,
        journal=arguments.journal,
        record=record_folder(arguments),
        keep=keep,
        hop_s=arguments.hop,
        threads=arguments.threads,
        readers=arguments.readers,
        backend=arguments.backend,
        precision=arguments.precision,
        insecure=arguments.insecure,
    )
    return run_headless(settings)
