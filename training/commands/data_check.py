"""Say what of a data set a folder holds: files that lack, files that are damaged, labels that contradict.

Ends with 0 if everything asked for is there and whole, else with 1.
"""

import argparse
from pathlib import Path

from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from training.data.catalogue import PTBXL
from training.data.options import add_part_arguments, part_of
from training.ptbxl import TABLES, data_folder, find_data, read_entries

_NAMED = 5


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of `data check`."""
    parser.add_argument(
        "folder", type=Path, nargs="?", help="of a data set (default: PTB-XL where `train` looks)"
    )
    add_part_arguments(parser)


def run(args: argparse.Namespace) -> int:
    """Check files, then labels, and print what was found."""
    from training.data.check import check_presence, check_sums
    from training.data.manifest import SUMS, recognize

    folder, part = args.folder or data_folder(), part_of(args)
    with_sums = (folder / SUMS).is_file()
    data_set = recognize(folder)
    errors = Console(stderr=True)
    with Progress(console=errors, transient=True, disable=not errors.is_terminal) as progress:
        if with_sums:
            findings = check_sums(data_set, folder, part, progress)
        else:
            table = next(path for name in TABLES if (path := find_data(folder) / name).is_file())
            findings = check_presence(table, part, progress)
    console = Console()
    shown = Table("what", "should be", "missing", "damaged", title=f"{data_set.title} in {folder}")
    for one in findings:
        shown.add_row(one.what, *(f"{n:,}" for n in (one.n, len(one.missing), len(one.damaged))))
    console.print(shown)
    for one in findings:
        for how, files in (("missing", one.missing), ("damaged", one.damaged)):
            if files:
                more = f" and {len(files) - _NAMED:,} more" if len(files) > _NAMED else ""
                console.print(f"{how}: {', '.join(files[:_NAMED])}{more}", highlight=False, soft_wrap=True)
    if data_set == PTBXL:
        entries = read_entries(find_data(folder))
        n_patients = len({entry.patient_id for entry in entries})
        console.print(
            f"{len(entries):,} labelled records of {n_patients:,} patients, none of them in two folds"
        )
    if not with_sums:
        console.print(f"no {SUMS} here: whether files are whole was not checked")
    whole = all(one.whole for one in findings)
    if not whole:
        console.print(
            f"`ecg-monitor data fetch {data_set.name} --to {folder}` fetches what lacks",
            highlight=False,
            soft_wrap=True,
        )
    return 0 if whole else 1
