"""Scores of records on disk, so that two models can be compared record by record."""

import csv
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from engine.errors import ConfigurationError
from training.evaluation import Scored, with_errors
from training.paired import Comparison, auc_difference
from training.ptbxl import SUPERCLASSES

COLUMNS = ("ecg_id", "fold", "normal", "superclasses", "score")


@dataclass(frozen=True, slots=True)
class SavedScore:
    """One record's row."""

    ecg_id: int
    fold: int
    normal: bool
    superclasses: frozenset[str]
    score: float
    """NaN if the record was not assessed."""


def saved_scores(scored: Iterable[Scored]) -> list[SavedScore]:
    """The rows of scored records."""
    return [
        SavedScore(
            one.entry.ecg_id, one.entry.fold, one.entry.normal, one.entry.superclasses, float(one.score)
        )
        for one in scored
    ]


def save_scores(path: Path, rows: Iterable[SavedScore]) -> None:
    """Write one row for each record."""
    try:
        with path.open("w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file)
            writer.writerow(COLUMNS)
            for one in rows:
                classes = ";".join(sorted(one.superclasses))
                writer.writerow((one.ecg_id, one.fold, int(one.normal), classes, repr(one.score)))
    except OSError as error:
        raise ConfigurationError(f"{path} cannot be written: {error.strerror}; name another file") from error


def load_scores(path: Path) -> list[SavedScore]:
    """Read what `save_scores` wrote."""
    try:
        with path.open(newline="", encoding="utf-8") as file:
            return [_row(row) for row in csv.DictReader(file)]
    except (OSError, KeyError, ValueError, TypeError) as error:
        raise ConfigurationError(
            f"{path} is no file of scores ({type(error).__name__}: {error}): write one with --save"
        ) from error


def _row(row: dict[str, str]) -> SavedScore:
    return SavedScore(
        int(row["ecg_id"]),
        int(row["fold"]),
        bool(int(row["normal"])),
        frozenset(filter(None, row["superclasses"].split(";"))),
        float(row["score"]),
    )


def compare_scores(first: Sequence[SavedScore], second: Sequence[SavedScore]) -> list[Comparison]:
    """AUC of all abnormal records against normal ones, then of each superclass; labels of the first file."""
    others = {one.ecg_id: one.score for one in second}
    if odd := {one.ecg_id for one in first} ^ others.keys():
        raise ConfigurationError(
            f"{len(odd)} records have a score of one model alone (ecg_id {min(odd)} for one): save both with "
            "the same --fold and data"
        )
    normal = np.array([one.normal for one in first])
    mine = with_errors(np.array([one.score for one in first]), normal)
    theirs = with_errors(np.array([others[one.ecg_id] for one in first]), normal)
    part = " ".join(["fold", *(str(fold) for fold in sorted({one.fold for one in first}))])
    figures = {"AUC": ~normal}
    figures |= {
        f"AUC {name} against NORM": np.array([name in one.superclasses for one in first]) & ~normal
        for name in SUPERCLASSES
    }
    return [
        Comparison(part, figure, auc_difference(mine[rows], theirs[rows], ~normal[rows]))
        for figure, member in figures.items()
        if member.any()
        for rows in (np.flatnonzero(normal | member),)
    ]
