"""One row for every case: what two models are compared by."""

import csv
from collections.abc import Iterable
from dataclasses import asdict, dataclass, fields
from pathlib import Path

from engine.errors import ConfigurationError


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a model did on one case; NaN is what the case does not ask."""

    part: str
    kind: str
    lasting: str
    record: str
    auc: float
    """Over the samples (grafts), the beats or samples (MIT-BIH) or the leads (LUDB) of the case."""
    hit: float
    """1 if any span lies where it should (or, on an artefact, where it should not), else 0."""
    score: float
    """The window's anomaly score."""
    abnormal: float
    """1 or 0 where records are to be told apart by their score."""

    @property
    def key(self) -> tuple[str, str, str, str]:
        """What names the case in every run."""
        return self.part, self.kind, self.lasting, self.record


def save_outcomes(path: Path, outcomes: Iterable[Outcome]) -> None:
    """Write one row for each case."""
    try:
        with path.open("w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, [field.name for field in fields(Outcome)])
            writer.writeheader()
            writer.writerows({name: _text(value) for name, value in asdict(one).items()} for one in outcomes)
    except OSError as error:
        raise ConfigurationError(f"{path} cannot be written: {error.strerror}; name another file") from error


def load_outcomes(path: Path) -> list[Outcome]:
    """Read what `save_outcomes` wrote."""
    try:
        with path.open(newline="", encoding="utf-8") as file:
            return [
                Outcome(
                    row["part"],
                    row["kind"],
                    row["lasting"],
                    row["record"],
                    *(float(row[name]) for name in ("auc", "hit", "score", "abnormal")),
                )
                for row in csv.DictReader(file)
            ]
    except (OSError, KeyError, ValueError, TypeError) as error:
        raise ConfigurationError(
            f"{path} is no file of cases ({type(error).__name__}: {error}): write one with --save"
        ) from error


def _text(value: object) -> str:
    return repr(value) if isinstance(value, float) else str(value)
