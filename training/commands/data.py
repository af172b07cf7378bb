"""Data sets to train and evaluate with: what can be fetched, how large it is, under which licence.

`data fetch NAME` brings one here, `data check FOLDER` says what of it is there and whole.
"""

import argparse

from rich.console import Console
from rich.table import Table

from training.data.catalogue import DATA_SETS, DataSet, record_bytes
from training.ptbxl import TABLES, data_folder


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """`data list` has no options."""


def run(args: argparse.Namespace) -> int:
    """Print what is known of each data set."""
    console = Console()
    for one in DATA_SETS.values():
        sizes = [
            f"{one.n_records * record_bytes(rate_hz) / 1e9:.1f} GB at {rate_hz} Hz" for rate_hz in (100, 500)
        ]
        table = Table.grid(padding=(0, 2))
        table.add_row(one.name, f"{one.title}: {one.n_records:,} records, {one.content}")
        table.add_row("size", ", ".join(sizes))
        table.add_row("licence", f"{one.licence}; cite {one.citation}")
        table.add_row("from", one.url)
        table.add_row("here", _place(one))
        console.print(table)
    return 0


def _place(data_set: DataSet) -> str:
    folder = data_folder()
    there = any((folder / table).is_file() for table in TABLES)
    return str(folder.resolve()) if there else f"no: `ecg-monitor data fetch {data_set.name}`"
