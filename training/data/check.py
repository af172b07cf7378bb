"""What of a data set a folder holds, and whether it is whole."""

from dataclasses import dataclass
from pathlib import Path

import wfdb
from rich.progress import Progress

from training.data.catalogue import PTBXL, DataSet
from training.data.fetch import lacking
from training.data.manifest import SUMS, TABLE, Part, Sums, documents, files_of, read_sums


@dataclass(frozen=True, slots=True)
class Finding:
    """One kind of files: how many there should be, and which are not as they should."""

    what: str
    n: int
    missing: tuple[str, ...]
    damaged: tuple[str, ...]
    """There, with another checksum or unreadable."""

    @property
    def whole(self) -> bool:
        """Nothing lacks."""
        return not self.missing and not self.damaged


def check_sums(data_set: DataSet, folder: Path, part: Part, progress: Progress) -> list[Finding]:
    """Compare every file with its published checksum; needs `SHA256SUMS.txt` in the folder."""
    sums = read_sums(folder / SUMS, data_set)
    findings = [_compare("tables and documents", documents(sums), folder, progress)]
    if data_set != PTBXL:
        return [
            *findings,
            _compare("files in folders", files_of(data_set, part, folder, sums), folder, progress),
        ]
    if (folder / TABLE).is_file():
        for rate_hz in part.rates_hz:
            files = files_of(data_set, Part((rate_hz,), part.folds), folder, sums)
            findings.append(_compare(f"files at {rate_hz} Hz", files, folder, progress))
    return findings


def check_presence(table: Path, part: Part, progress: Progress) -> list[Finding]:
    """Look whether the records that a table names have a readable header and all their signal files."""
    findings = []
    for rate_hz in part.rates_hz:
        records = Part((rate_hz,), part.folds).records(table)
        missing, damaged = [], []
        for record in progress.track(records, description="looking"):
            try:
                header = wfdb.rdheader(str(table.parent / record))
            except FileNotFoundError:
                missing.append(f"{record}.hea")
            except Exception:  # wfdb raises whatever a damaged header makes it stumble over
                damaged.append(f"{record}.hea")
            else:
                place = (table.parent / record).parent
                names = dict.fromkeys(header.file_name or ())
                missing += [f"{Path(record).parent}/{name}" for name in names if not (place / name).is_file()]
        findings.append(Finding(f"records at {rate_hz} Hz", len(records), tuple(missing), tuple(damaged)))
    return findings


def _compare(what: str, files: Sums, folder: Path, progress: Progress) -> Finding:
    wrong = lacking(files, folder, progress)
    damaged = tuple(name for name in wrong if (folder / name).is_file())
    return Finding(what, len(files), tuple(name for name in wrong if name not in damaged), damaged)
