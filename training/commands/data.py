"""Data sets to train and evaluate with: what can be fetched, how large it is, under which licence.

`data fetch NAME` brings one here, `data check FOLDER` says what of it is there and whole.
"""

import argparse

from rich.console import Console
from rich.table import Table

from training.data.catalogue import DATA_SETS
from training.ptbxl import data_folder


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """`data list` has no options."""


def run(args: argparse.Namespace) -> int:
    """Print what is known of each data set."""
    console = Console()
    for one in DATA_SETS.values():
        table = Table.grid(padding=(0, 2))
        table.add_row(one.name, f"{one.title}: {one.n_records:,} records, {one.content}")
        table.add_row("size", one.size)
        table.add_row("licence", f"{one.licence}; cite {one.citation}")
        table.add_row("from", one.url)
        folder = data_folder(one.name)
        table.add_row(
            "here", str(folder.resolve()) if folder.is_dir() else f"no: ecg-monitor data fetch {one.name}"
        )
        console.print(table, "")
    return 0
