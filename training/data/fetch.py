"""Fetching a data set: only what is not whole yet, so that the same command goes on after any stop."""

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from rich.progress import Progress

from engine.errors import ConfigurationError
from training.data.catalogue import PTBXL, DataSet
from training.data.download import Download
from training.data.manifest import SUMS, TABLE, Part, Sums, documents, files_of, is_whole, read_sums
from training.ptbxl import OWN_LABELS

_SPARE_BYTES: Final = 50_000_000
_NAMED: Final = 5


@dataclass(frozen=True, slots=True)
class Fetched:
    """What a fetch found and did."""

    n_records: int
    n_there: int
    """Files that were whole already."""
    n_new: int
    """Files fetched."""


def fetch(data_set: DataSet, part: Part, download: Download, progress: Progress) -> Fetched:
    """Bring a data set to `download.folder`, of PTB-XL a part; raises if anything still lacks afterwards."""
    folder = download.folder
    _refuse_other_layout(folder)
    with _locked(folder):
        if not (folder / SUMS).is_file():
            task = progress.add_task("list of checksums", total=None)
            download.one(SUMS, lambda arrived: read_sums(arrived, data_set))
            progress.remove_task(task)
        sums = read_sums(folder / SUMS, data_set)
        n_new = _complete(documents(sums), download, progress)
        files = files_of(data_set, part, folder, sums)
        chosen = data_set == PTBXL
        needed_bytes = part.size_bytes(folder / TABLE) if chosen else 0
        n_new += _complete(files, download, progress, needed_bytes / max(1, len(files)))
    n_records = len(part.records(folder / TABLE)) if chosen else data_set.n_records
    return Fetched(n_records, len(documents(sums) | files) - n_new, n_new)


def lacking(files: Sums, folder: Path, progress: Progress) -> Sums:
    """Files that are not there with their checksum."""
    walk = progress.track(files.items(), len(files), description="checking")
    return {name: sha256 for name, sha256 in walk if not is_whole(folder / name, sha256)}


def _complete(files: Sums, download: Download, progress: Progress, bytes_each: float = 0.0) -> int:
    """Fetch what lacks; gives how many files that were."""
    wanted = lacking(files, download.folder, progress)
    _check_room(download.folder, len(wanted) * bytes_each)
    task = progress.add_task("fetching", total=len(wanted))
    failed = download.run(wanted, lambda: progress.advance(task))
    if failed:
        named = ", ".join(f"{name} ({reason})" for name, reason in sorted(failed.items())[:_NAMED])
        more = f" and {len(failed) - _NAMED} more" if len(failed) > _NAMED else ""
        raise ConfigurationError(
            f"{len(failed)} of {len(wanted)} files could not be had whole from {download.url}: {named}"
            f"{more}; all others are in their place, so give the same command again later"
        )
    return len(wanted)


def _check_room(folder: Path, needed_bytes: float) -> None:
    free_bytes = shutil.disk_usage(folder).free
    if needed_bytes and free_bytes < needed_bytes + _SPARE_BYTES:
        raise ConfigurationError(
            f"{folder} has room for {free_bytes / 1e9:.1f} GB, what lacks takes {needed_bytes / 1e9:.1f} GB: "
            "free some space, name another folder (--to), or fetch fewer --folds"
        )


def _refuse_other_layout(folder: Path) -> None:
    if (folder / OWN_LABELS).is_file() and not (folder / SUMS).is_file():
        raise ConfigurationError(
            f"{folder} holds PTB-XL with labels of its own ({OWN_LABELS}), which the published tables would "
            "contradict: name another folder (--to)"
        )


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """Make the folder, and keep a second fetch out of it."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        handle = os.open(folder, os.O_RDONLY)
    except OSError as error:
        raise ConfigurationError(
            f"{folder} cannot be made a folder ({error.strerror}): name another (--to)"
        ) from error
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise ConfigurationError(
                f"another fetch is filling {folder}: wait for it, or name another folder (--to)"
            ) from error
        yield
    finally:
        os.close(handle)
