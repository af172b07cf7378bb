"""Which files belong to a data set, and with which checksums."""

import re
from collections.abc import Collection
from dataclasses import dataclass
from hashlib import file_digest
from pathlib import Path, PurePosixPath
from typing import Final

from engine.errors import ConfigurationError
from training.data.catalogue import DATA_SETS, PTBXL, DataSet, record_bytes
from training.ptbxl import FOLDS, read_table

SUMS: Final = "SHA256SUMS.txt"
TABLE: Final = "ptbxl_database.csv"
COLUMN: Final = {100: "filename_lr", 500: "filename_hr"}
_LINE: Final = re.compile(r"([0-9a-f]{64}) [ *]?(\S.*)")

Sums = dict[str, str]
"""File, relative to the data set's folder -> SHA-256 in hexadecimal."""


@dataclass(frozen=True, slots=True)
class Part:
    """The part of PTB-XL that somebody wants."""

    rates_hz: tuple[int, ...] = (100,)
    folds: Collection[int] = tuple(FOLDS)

    def records(self, table: Path) -> list[str]:
        """Records of the part that a table names, relative to its folder, without extension."""
        columns = [COLUMN[rate_hz] for rate_hz in self.rates_hz]
        rows = read_table(table, ("strat_fold", *columns))
        wanted = {str(fold) for fold in self.folds}
        chosen = [row for row in rows if row["strat_fold"] in wanted]
        return [row[column] for column in columns for row in chosen if row[column]]

    def size_bytes(self, table: Path) -> int:
        """Size of the part, nearly."""
        n_records = len(self.records(table)) // len(self.rates_hz)
        return n_records * sum(record_bytes(rate_hz) for rate_hz in self.rates_hz)


def read_sums(path: Path, data_set: DataSet) -> Sums:
    """Read `SHA256SUMS.txt`; whatever else is there, such as a network's login page, is refused."""
    sums = _parse(path)
    unsafe = [name for name in sums if PurePosixPath(name).is_absolute() or ".." in PurePosixPath(name).parts]
    if unsafe or not set(data_set.needed) <= sums.keys():
        raise ConfigurationError(
            f"{path.name} is not the list of checksums of {data_set.title} (does this network ask for a "
            "login first?): delete it if it is in the folder, and fetch again"
        )
    return sums


def recognize(folder: Path) -> DataSet:
    """Tell by its checksums which data set a folder holds; one without checksums is taken for PTB-XL."""
    listed = _parse(folder / SUMS).keys() if (folder / SUMS).is_file() else set()
    return next((one for one in DATA_SETS.values() if set(one.needed) <= listed), PTBXL)


def _parse(path: Path) -> Sums:
    try:
        lines = path.read_text("utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{path} cannot be read ({error}): delete it and fetch again") from error
    found = (_LINE.fullmatch(line) for line in lines)
    return {match[2].removeprefix("./"): match[1] for match in found if match}


def files_of(data_set: DataSet, part: Part, folder: Path, sums: Sums) -> Sums:
    """Files in folders: PTB-XL's records of a part, by the table in `folder`; all of other data sets."""
    if data_set != PTBXL:
        return {name: sha for name, sha in sums.items() if name.split("/")[0] in data_set.folders}
    records = [record + end for record in part.records(folder / TABLE) for end in (".hea", ".dat")]
    if unknown := [name for name in records if name not in sums]:
        raise ConfigurationError(
            f"{folder / TABLE} names {unknown[0]}, which {SUMS} does not list: delete both and fetch again"
        )
    return {name: sums[name] for name in records}


def documents(sums: Sums) -> Sums:
    """Tables, licence and notes: everything that lies in no folder."""
    return {name: sha256 for name, sha256 in sums.items() if "/" not in name}


def is_whole(path: Path, sha256: str) -> bool:
    """Whether a file is there, with this checksum."""
    try:
        with path.open("rb") as file:
            return file_digest(file, "sha256").hexdigest() == sha256
    except (FileNotFoundError, NotADirectoryError):
        return False
