"""Run whole recordings through the same pipeline as live signals, without sockets, as fast as it goes.

With --json each record becomes one JSON object on one line; a record that cannot be read becomes
{"record": ..., "error": ...}, the others are still analyzed, and the exit code is 2.
"""

import argparse
import json
import os
import sys
from collections.abc import Callable
from pathlib import Path

from engine.errors import ConfigurationError, EcgMonitorError, RecordError
from engine.grid import HOP_S
from monitor.model_options import check_hop, check_threads


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("records", nargs="+", metavar="RECORD", help="WFDB records, with or without .hea")
    parser.add_argument("--json", action="store_true", help="one JSON object per record on one line")
    parser.add_argument(
        "--map",
        type=Path,
        metavar="FILE.npz",
        help="write the score map of the one record: `map` (12, n) at the record's rate, the mean of the "
        "windows that overlap, 0 where nothing was assessed; `leads`, `fs_hz`",
    )
    parser.add_argument(
        "--hop", type=float, default=HOP_S, metavar="S", help="seconds between two windows (default 1)"
    )
    parser.add_argument(
        "--threads", type=int, default=0, metavar="N", help="for the model (default: one per core, at most 4)"
    )


def run(arguments: argparse.Namespace) -> int:
    """Analyze all records; 2 if any of them could not be."""
    if arguments.map is not None and len(arguments.records) > 1:
        raise ConfigurationError(
            f"--map holds the score map of one record, got {len(arguments.records)}: analyze them one by one"
        )
    check_hop(arguments.hop)
    check_threads(arguments.threads or 1)
    if arguments.map is not None and not arguments.map.parent.is_dir():
        raise ConfigurationError(f"--map {arguments.map}: no folder {arguments.map.parent}, create it first")
    analyzed = _analyzer(arguments)
    codes = [_attempt(name, analyzed, arguments.json) for name in arguments.records]
    return max(codes)


def _attempt(name: str, analyzed: Callable[[str], None], as_json: bool) -> int:
    try:
        analyzed(name)
    except RecordError as error:
        print(f"ecg-monitor: {error}", file=sys.stderr)  # noqa: T201
        if as_json:
            print(json.dumps({"record": name, "error": str(error)}), flush=True)  # noqa: T201
        return EcgMonitorError.EXIT_CODE
    return 0


def _analyzer(arguments: argparse.Namespace) -> Callable[[str], None]:
    """Load the model once; return what reads, analyzes and prints one record."""
    from rich.console import Console

    from engine.scorer import load_scorer
    from monitor.analysis import analyze, document, print_report
    from monitor.records import read_record

    scorer = load_scorer(threads=arguments.threads or min(4, os.cpu_count() or 1))
    console = Console()

    def analyzed(name: str) -> None:
        analysis = analyze(read_record(name), scorer, arguments.hop)
        if arguments.map is not None:
            _write_map(arguments.map, analysis.score_map, analysis.record.fs_hz)
        if arguments.json:
            print(json.dumps(document(name, analysis), allow_nan=False), flush=True)  # noqa: T201
        else:
            print_report(name, analysis, console)

    return analyzed


def _write_map(path: Path, score_map: object, fs_hz: float) -> None:
    import numpy as np

    from engine.leads import LEADS

    try:
        with path.open("wb") as file:
            np.savez_compressed(file, map=np.asarray(score_map), leads=np.array(LEADS), fs_hz=fs_hz)
    except OSError as error:
        raise ConfigurationError(f"cannot write the score map {path}: {error.strerror or error}") from error
