from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from engine.arrays import Bools
from engine.models.mcr2023.inputs import PublishedInput, prepare_published
from engine.scorer import why_not_assessed
from engine.window import Window
from training.dataset import make_example
from training.ptbxl import Entry

FIT_FOLDS: Final = range(1, 8)
CHOICE_FOLD: Final = 8
TEST_FOLD: Final = 9


@dataclass(frozen=True, slots=True, eq=False)
class PublishedDataset:
    """Normal records of the folds to fit, and every record of the fold that chooses."""

    entries: tuple[Entry, ...]
    windows: tuple[Window, ...]
    inputs: tuple[PublishedInput, ...]
    reasons: tuple[str | None, ...]
    """Why a record cannot be assessed; None if it can."""

    @property
    def fit_rows(self) -> NDArray[Any]:
        """Rows to learn from."""
        return self._rows(np.isin(self._folds, FIT_FOLDS) & self.normal & self._assessable)

    @property
    def choice_rows(self) -> NDArray[Any]:
        """Rows that choose the epoch."""
        return self._rows((self._folds == CHOICE_FOLD) & self._assessable)

    @property
    def normal(self) -> Bools:
        """(n,) bool."""
        return np.array([entry.normal for entry in self.entries])

    @property
    def _folds(self) -> NDArray[Any]:
        return np.array([entry.fold for entry in self.entries])

    @property
    def _assessable(self) -> Bools:
        return np.array([reason is None for reason in self.reasons])

    def _rows(self, chosen: Bools) -> NDArray[Any]:
        rows: NDArray[Any] = np.flatnonzero(chosen)
        return rows


def needed(entry: Entry) -> bool:
    """Whether a training uses the record."""
    return entry.fold == CHOICE_FOLD or (entry.fold in FIT_FOLDS and entry.normal)


def make_published_dataset(entries: Iterable[Entry]) -> PublishedDataset:
    """Read records, in order, and prepare them as the scorer does."""
    kept, windows, inputs, reasons = [], [], [], []
    for entry in entries:
        example = make_example(entry)
        kept.append(entry)
        windows.append(example.window)
        inputs.append(prepare_published(example.window, example.quality, example.beats))
        reasons.append(why_not_assessed(example.window, example.quality))
    return PublishedDataset(tuple(kept), tuple(windows), tuple(inputs), tuple(reasons))
