"""Reading PTB-XL in its official layout: the table of statements, and `records100` in millivolts.

A record has the superclass of each of its diagnostic statements, whatever its likelihood. Likelihood 0 means
that the report did not state one, not that the statement is unlikely; the data set's own example counts such
statements too, and so does everybody who compares figures on it.
"""

import ast
import csv
import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from engine.arrays import F32
from engine.errors import ConfigurationError
from training.waveform import read_waveform

SUPERCLASSES: Final = ("MI", "STTC", "CD", "HYP")
"""The diagnostic superclasses other than NORM (Wagner et al. 2020)."""
OWN_LABELS: Final = "labels.csv"
"""A curated table with superclasses instead of statements; it goes before the published one."""
TABLES: Final = (OWN_LABELS, "ptbxl_database.csv")
FOLDS: Final = range(1, 11)

_AGAIN: Final = "fetch the data again, or correct the table"

Row = dict[str, str]


@dataclass(frozen=True, slots=True)
class Entry:
    """One labelled record of the data set."""

    ecg_id: int
    fold: int
    """1 to 10, patient-disjoint."""
    superclasses: frozenset[str]
    path: Path
    """Record path at 100 Hz, without extension."""
    patient_id: int | None = None

    @property
    def normal(self) -> bool:
        """Whether the superclass list is exactly NORM."""
        return self.superclasses == {"NORM"}


def data_folder(name: str = "ptbxl") -> Path:
    """Where a data set is looked for when no folder is named."""
    root = os.environ.get("ECG_MONITOR_DATA") or Path(__file__).parents[1] / "../shared/data"
    return Path(root, name)


def find_data(data: Path | None) -> Path:
    """Folder of PTB-XL: the one named, else `$ECG_MONITOR_DATA/ptbxl`, else `../shared/data/ptbxl`."""
    folder = data or data_folder()
    if not any((folder / table).is_file() for table in TABLES):
        raise ConfigurationError(
            f"no PTB-XL at {folder} (neither labels.csv nor ptbxl_database.csv is there): name its folder "
            "with --data, or set ECG_MONITOR_DATA to the folder that contains ptbxl/; "
            "`ecg-monitor data fetch ptbxl` fetches it"
        )
    return folder.resolve()


def read_entries(folder: Path) -> list[Entry]:
    """Every record of the table that is in millivolts, in the table's order; no patient is in two folds."""
    if (table := folder / OWN_LABELS).is_file():
        needed = ("ecg_id", "patient_id", "strat_fold", "scale", "super_class", "filename_lr")
        rows = read_table(table, needed)
        in_mv = [row for row in rows if row["scale"] == "mV"]
        if rows and not in_mv:
            raise ConfigurationError(
                f"{table}: none of its {len(rows)} records is in millivolts (scale {rows[0]['scale']!r}), "
                "the model needs amplitudes: name another folder with --data"
            )
        entries = _entries(table, in_mv, _labelled_classes)
    else:
        diagnostic = _diagnostic_classes(folder / "scp_statements.csv")
        table = folder / TABLES[-1]
        rows = read_table(table, ("ecg_id", "patient_id", "strat_fold", "scp_codes", "filename_lr"))
        entries = _entries(table, rows, lambda row: _stated_classes(row, diagnostic))
    _check_patients(table, entries)
    return entries


def check_both_kinds(entries: Iterable[Entry], folds: Iterable[int]) -> None:
    """Refuse data in which one of these folds lacks normal or abnormal records: it could not be judged."""
    kinds = {(entry.fold, entry.normal) for entry in entries}
    for fold in folds:
        lacks = [
            what for what, normal in (("normal", True), ("abnormal", False)) if (fold, normal) not in kinds
        ]
        if lacks:
            raise ConfigurationError(
                f"fold {fold} has no {' and no '.join(lacks)} records, and the model is judged on it: fetch "
                "all of the data (`ecg-monitor data fetch ptbxl`)"
            )


def read_table(table: Path, needed: Iterable[str]) -> list[Row]:
    """Rows of a table that has at least these columns."""
    try:
        with table.open(newline="", encoding="utf-8-sig") as lines:
            reader = csv.DictReader(lines)
            rows, columns = list(reader), reader.fieldnames or []
    except OSError as error:
        raise ConfigurationError(f"{table} cannot be read ({error.strerror}): {_AGAIN}") from error
    except (UnicodeDecodeError, csv.Error) as error:
        raise ConfigurationError(f"{table} is no table in UTF-8 ({error}): {_AGAIN}") from error
    if lacking := [name for name in needed if name not in columns]:
        raise ConfigurationError(
            f"{table} lacks the column{'s' if len(lacking) > 1 else ''} {', '.join(lacking)}: {_AGAIN}"
        )
    return rows


def read_signal(entry: Entry) -> tuple[F32, float]:
    """(12, n) float32 in mV, NaN where missing, and the rate in Hz."""
    return read_waveform(entry.path)


def _entries(table: Path, rows: list[Row], classes: Callable[[Row], frozenset[str]]) -> list[Entry]:
    entries = []
    for line, row in enumerate(rows, start=2):
        try:
            entry = Entry(
                ecg_id=int(row["ecg_id"]),
                fold=int(row["strat_fold"]),
                superclasses=classes(row),
                path=table.parent / row["filename_lr"],
                patient_id=int(float(row["patient_id"])),
            )
        except (ValueError, SyntaxError, TypeError, AttributeError) as error:  # all that a bad cell leads to
            raise ConfigurationError(f"{table}, line {line}: {error}; {_AGAIN}") from error
        if entry.fold not in FOLDS or not row["filename_lr"]:
            raise ConfigurationError(
                f"{table}, line {line}: record {entry.ecg_id} names no file at 100 Hz, or is in fold "
                f"{entry.fold}, which is not 1 to {FOLDS[-1]}: {_AGAIN}"
            )
        entries.append(entry)
    return entries


def _labelled_classes(row: Row) -> frozenset[str]:
    return frozenset(filter(None, row["super_class"].split(";")))


def _stated_classes(row: Row, diagnostic: dict[str, str]) -> frozenset[str]:
    return frozenset(diagnostic[code] for code in ast.literal_eval(row["scp_codes"]) if code in diagnostic)


def _diagnostic_classes(table: Path) -> dict[str, str]:
    rows = read_table(table, ("", "diagnostic_class"))
    return {row[""]: row["diagnostic_class"] for row in rows if row["diagnostic_class"]}


def _check_patients(table: Path, entries: list[Entry]) -> None:
    """A patient in two folds would let the model be tested on a heart that it has seen."""
    first: dict[int | None, Entry] = {}
    for entry in entries:
        known = first.setdefault(entry.patient_id, entry)
        if known.fold != entry.fold:
            raise ConfigurationError(
                f"{table}: patient {entry.patient_id} is in fold {known.fold} (record {known.ecg_id}) and in "
                f"fold {entry.fold} (record {entry.ecg_id}), so the folds are not patient-disjoint: give all "
                "records of a patient one strat_fold"
            )
