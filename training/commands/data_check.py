"""Say what of a data set a folder holds: files that lack, files that are damaged, labels that contradict.

Ends with 0 if everything asked for is there and whole, else with 1.
"""

import argparse
from pathlib import Path

from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from training.data.options import add_part_arguments, part_of
from training.ptbxl import TABLES, find_data, read_entries

_NAMED = 5


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of `data check`."""
    parser.add_argument(
        "folder", type=Path, nargs="?", help="folder of PTB-XL (default: where `train` looks)"
    )
    add_part_arguments(parser)


def run(args: argparse.Namespace) -> int:
    """Check files, then labels, and print what was found."""
    from training.data.check import check_presence, check_sums
    from training.data.manifest import SUMS

    folder, part = find_data(args.folder), part_of(args)
    with_sums = (folder / SUMS).is_file()
    errors = Console(stderr=True)
    with Progress(console=errors, transient=True, disable=not errors.is_terminal) as progress:
        if with_sums:
            findings = check_sums(folder, part, progress)
        else:
            table = next(folder / name for name in TABLES if (folder / name).is_file())
            findings = check_presence(table, part, progress)
    entries = read_entries(folder)
    console = Console()
    shown = Table("what", "should be", "missing", "damaged", title=str(folder))
    for one in findings:
        shown.add_row(one.what, *(f"{n:,}" for n in (one.n, len(one.missing), len(one.damaged))))
    console.print(shown)
    for one in findings:
        for how, files in (("missing", one.missing), ("damaged", one.damaged)):
            if files:
                more = f" and {len(files) - _NAMED:,} more" if len(files) > _NAMED else ""
                console.print(f"{how}: {', '.join(files[:_NAMED])}{more}", highlight=False, soft_wrap=True)
    n_patients = len({entry.patient_id for entry in entries})
    console.print(f"{len(entries):,} labelled records of {n_patients:,} patients, none of them in two folds")
    if not with_sums:
        console.print(f"no {SUMS} here: whether files are whole was not checked")
    whole = all(one.whole for one in findings)
    if not whole:
        console.print(
            f"`ecg-monitor data fetch ptbxl --to {folder}` fetches what lacks",
            highlight=False,
            soft_wrap=True,
        )
    return 0 if whole else 1
