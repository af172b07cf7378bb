"""The score of every record, for comparisons between models on the same records."""

import csv
import io
from collections.abc import Iterable
from pathlib import Path

from training.evaluation import Scored
from training.wholefile import write_whole

COLUMNS = ("ecg_id", "fold", "normal", "superclasses", "score")


def write_scores(path: Path, scored: Iterable[Scored]) -> None:
    """One row for each record; a record that was not assessed has an empty score."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    for one in scored:
        entry, score = one.entry, "" if one.reason else f"{one.score:.6g}"
        classes = ";".join(sorted(entry.superclasses))
        writer.writerow((entry.ecg_id, entry.fold, int(entry.normal), classes, score))
    write_whole(path, text.getvalue().encode())
