"""Which records are for what."""

import hashlib
from dataclasses import dataclass
from typing import Final

import numpy as np

from engine.arrays import Bools
from engine.errors import ConfigurationError
from training.dataset import Dataset

FIT_FOLDS: Final = range(1, 8)
CHOICE_FOLD: Final = 8
TEST_FOLD: Final = 9


@dataclass(frozen=True, slots=True, eq=False)
class Split:
    """Rows of a data set by what they are for."""

    restore: Bools
    """All records of the folds to fit: restoration needs no labels."""
    fit: Bools
    """The normal ones among them: statistics of normal ECG."""
    choice: Bools
    """Records that choose the epoch."""
    held_out: Bools
    """The normal ones among them: scales and threshold."""

    @classmethod
    def of(cls, data: Dataset) -> "Split":
        """Split by fold; refuses a data set that lacks a part."""
        restore, choice = np.isin(data.folds, FIT_FOLDS), data.folds == CHOICE_FOLD
        split = cls(restore, restore & data.normal, choice, choice & data.normal)
        for what, rows in (("folds 1-7", split.fit), (f"fold {CHOICE_FOLD}", split.held_out)):
            if rows.sum() < 5:
                raise ConfigurationError(
                    f"only {rows.sum()} normal records in {what}, at least 5 are needed: use more of PTB-XL"
                )
        return split


def fingerprint(data: Dataset) -> str:
    """Hash of what is learned from: a training goes on with the same records only."""
    digest = hashlib.sha256()
    for array in (data.folds, data.normal, data.inputs.signal, data.inputs.valid):
        digest.update(np.ascontiguousarray(array).data)
    return digest.hexdigest()[:16]
