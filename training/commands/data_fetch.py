"""Fetch a data set from PhysioNet: every file checked against its published checksum.

Stop it whenever you like; the same command goes on where it was. What is there and whole is not fetched
again.
"""

import argparse
import shlex
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from engine.errors import ConfigurationError
from training.data.catalogue import DATA_SETS, PTBXL
from training.data.manifest import TABLE, Part
from training.data.options import add_part_arguments, part_of
from training.ptbxl import data_folder

_LAST_FOLD: Final = 9
"""Training fits on folds 1-7, chooses on 8 and reports on 9."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of `data fetch`."""
    parser.add_argument("name", choices=DATA_SETS, help=f"one of: {', '.join(DATA_SETS)}")
    parser.add_argument(
        "--to", type=Path, metavar="FOLDER", help="where it goes (default: where other commands look for it)"
    )
    add_part_arguments(parser)
    parser.add_argument("--mirror", help=argparse.SUPPRESS)


def run(args: argparse.Namespace) -> int:
    """Fetch what lacks, then say what to do with it."""
    from training.data.download import Download
    from training.data.fetch import fetch

    data_set, part = DATA_SETS[args.name], part_of(args)
    url, folder = args.mirror or data_set.url, args.to or _default_folder(args.name)
    if urlsplit(url).scheme not in ("http", "https"):
        raise ConfigurationError(f"--mirror {url} is no address: it begins with https:// or http://")
    if data_set != PTBXL and part != Part():
        raise ConfigurationError(f"{data_set.title} is fetched whole: leave out --rate and --folds")
    console = Console()
    console.print(f"{data_set.title} goes to {folder}", highlight=False, soft_wrap=True)
    errors = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=errors, disable=not errors.is_terminal) as progress:
        fetched = fetch(data_set, part, Download(url.rstrip("/"), folder), progress)
    console.print(
        f"{fetched.n_records:,} records are whole: {fetched.n_new:,} files fetched, {fetched.n_there:,} were "
        f"there. Licence {data_set.licence}; cite {data_set.citation}",
        highlight=False,
        soft_wrap=True,
    )
    if data_set == PTBXL:
        console.print(_next_step(folder), highlight=False, soft_wrap=True)
    return 0


def _default_folder(name: str) -> Path:
    """Where other commands look, if that place has been made; else a folder here."""
    where = data_folder(name)
    return where.resolve() if where.parent.is_dir() else Path("data", where.name)


def _next_step(folder: Path) -> str:
    """The one command that trains; or, while something lacks for it, the one that fetches the rest."""
    quoted = shlex.quote(str(folder))
    records = Part((100,), range(1, _LAST_FOLD + 1)).records(folder / TABLE)
    if not all((folder / f"{record}.dat").is_file() for record in records):
        return f"training needs folds 1-{_LAST_FOLD} at 100 Hz: ecg-monitor data fetch ptbxl --to {quoted}"
    found = folder.resolve() == data_folder().resolve()
    return "train with: ecg-monitor train" + ("" if found else f" --data {quoted}")
