"""Reading PTB-XL in its official layout: `records100` plus the table of statements."""

import ast
import csv
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import wfdb

from engine.arrays import F32
from engine.errors import ConfigurationError, RecordError
from engine.leads import LeadMap

SUPERCLASSES: Final = ("MI", "STTC", "CD", "HYP")
"""The diagnostic superclasses other than NORM (Wagner et al. 2020)."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One labelled record of the data set."""

    ecg_id: int
    fold: int
    """1 to 10, patient-disjoint."""
    superclasses: frozenset[str]
    path: Path
    """Record path at 100 Hz, without extension."""

    @property
    def normal(self) -> bool:
        """Whether the superclass list is exactly NORM."""
        return self.superclasses == {"NORM"}


def find_data(data: Path | None) -> Path:
    """Folder of PTB-XL: the one named, else `$ECG_MONITOR_DATA/ptbxl`, else `../shared/data/ptbxl`."""
    root = Path(os.environ.get("ECG_MONITOR_DATA", Path(__file__).parents[1] / "../shared/data"))
    folder = data or root / "ptbxl"
    if not any((folder / table).is_file() for table in ("labels.csv", "ptbxl_database.csv")):
        raise ConfigurationError(
            f"no PTB-XL at {folder} (neither labels.csv nor ptbxl_database.csv is there): name its folder "
            "with --data, or set ECG_MONITOR_DATA to the folder that contains ptbxl/"
        )
    return folder.resolve()


def read_entries(folder: Path) -> list[Entry]:
    """Every record of the table that is in millivolts and has a 100 Hz file, in the table's order."""
    if (folder / "labels.csv").is_file():
        return [_from_labels(folder, row) for row in _rows(folder / "labels.csv") if row["scale"] == "mV"]
    diagnostic = _diagnostic_classes(folder / "scp_statements.csv")
    return [_from_official(folder, row, diagnostic) for row in _rows(folder / "ptbxl_database.csv")]


def read_signal(entry: Entry) -> tuple[F32, float]:
    """(12, n) float32 in mV, NaN where missing, and the rate in Hz."""
    try:
        record = wfdb.rdrecord(str(entry.path))
    except (OSError, ValueError, IndexError) as error:
        raise RecordError(f"{entry.path} cannot be read as a WFDB record: {error}") from error
    samples = np.asarray(record.p_signal, np.float32).T
    return LeadMap.from_names(record.sig_name).apply(samples), float(record.fs)


def _rows(table: Path) -> Iterator[dict[str, str]]:
    try:
        with table.open(newline="", encoding="utf-8") as lines:
            yield from csv.DictReader(lines)
    except OSError as error:
        raise ConfigurationError(f"{table} cannot be read: {error.strerror}") from error


def _from_labels(folder: Path, row: dict[str, str]) -> Entry:
    classes = frozenset(filter(None, row["super_class"].split(";")))
    return Entry(int(row["ecg_id"]), int(row["strat_fold"]), classes, folder / row["filename_lr"])


def _from_official(folder: Path, row: dict[str, str], diagnostic: dict[str, str]) -> Entry:
    codes = ast.literal_eval(row["scp_codes"])
    classes = frozenset(diagnostic[code] for code in codes if code in diagnostic)
    return Entry(int(row["ecg_id"]), int(row["strat_fold"]), classes, folder / row["filename_lr"])


def _diagnostic_classes(table: Path) -> dict[str, str]:
    return {row[""]: row["diagnostic_class"] for row in _rows(table) if row["diagnostic_class"]}
