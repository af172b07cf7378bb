"""Engines that were built for this machine's GPU: which there are, and whether they can be used.

An engine that is damaged, or was built for another model, library or machine, is never run: it is built again
when it is needed. `engine build` makes one beforehand, `engine check` compares all backends, `engine bench`
measures them.
"""

import argparse
import json
import time
from typing import Any

from engine.errors import ConfigurationError
from monitor.engine_options import add_engine_arguments, cache_of, checkpoint_of


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    add_engine_arguments(parser)
    parser.add_argument(
        "--clean", action="store_true", help="remove what cannot be used, and what killed builders left"
    )


def run(arguments: argparse.Namespace) -> int:
    """List."""
    from engine.backends.buildorder import why_unused

    cache, checkpoint = cache_of(arguments), checkpoint_of(arguments)
    removed = cache.sweep() if arguments.clean else []
    rows: list[dict[str, Any]] = []
    for entry in cache.entries():
        why_not = why_unused(entry, checkpoint)
        if why_not is not None and arguments.clean:
            _remove(arguments, entry.name)
            removed.append(entry.name)
            continue
        rows.append(
            {
                "name": entry.name,
                "bytes": entry.n_bytes,
                "age_s": round(max(0.0, time.time() - entry.built_s)),
                "valid": why_not is None,
                "why_not": why_not,
                "key": None if entry.key is None else entry.key.to_dict(),
            }
        )
    if not arguments.json:
        _print_lines(str(cache.folder), rows, removed)
    print(json.dumps({"folder": str(cache.folder), "engines": rows, "removed": removed}))  # noqa: T201
    return 0


def _remove(arguments: argparse.Namespace, name: str) -> None:
    try:
        cache_of(arguments).discard(name)
    except OSError as error:
        raise ConfigurationError(f"{name} cannot be removed: {error.strerror or error}") from error


def _print_lines(folder: str, rows: list[dict[str, Any]], removed: list[str]) -> None:
    from rich.console import Console

    console = Console(soft_wrap=True, highlight=False)
    console.print(f"{len(rows)} engines in {folder}")
    for row in rows:
        key = row["key"] or {}
        batches = "{least}-{usual}-{most}".format(**key["batches"]) if key else "?"
        about = f"batches {batches}, for {key.get('device', '?')}, by {key.get('versions', '?')}"
        size = f"{row['bytes'] / 1e6:.1f} MB, {row['age_s'] / 3600:.1f} h old"
        console.print(f"{row['name']}: {size}, {about}: {row['why_not'] or 'valid'}")
    for name in removed:
        console.print(f"removed {name}")
