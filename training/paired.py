"""Two models on the same cases: is the difference more than chance?"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

import numpy as np

from engine.arrays import F64, Bools
from engine.errors import ConfigurationError
from training.evaluation import auc

N_RESAMPLES: Final = 2000


@dataclass(frozen=True, slots=True)
class Difference:
    """Of a figure of two models, first minus second; negative where the second is better."""

    first: float
    second: float
    low: float
    high: float
    """95 %, percentile bootstrap that draws the same cases for both."""
    n: int
    """Records that were resampled."""

    @property
    def value(self) -> float:
        """First minus second."""
        return self.first - self.second

    @property
    def clear(self) -> bool:
        """Whether the interval leaves out zero."""
        return self.low > 0 or self.high < 0


@dataclass(frozen=True, slots=True)
class Comparison:
    """One figure of both models."""

    part: str
    """Of a benchmark, or the set of records."""
    figure: str
    difference: Difference

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return {**asdict(self), "value": self.difference.value}


def auc_difference(first: F64, second: F64, abnormal: Bools, seed: int = 0) -> Difference:
    """AUCs of two models' scores of the same records; both classes are resampled apart."""
    _same_length(first, second)
    rng = np.random.default_rng(seed)
    rows = [np.flatnonzero(abnormal), np.flatnonzero(~abnormal)]
    differences = []
    for _ in range(N_RESAMPLES if all(one.size for one in rows) else 0):
        drawn = np.concatenate([rng.choice(one, one.size) for one in rows])
        differences.append(auc(first[drawn], abnormal[drawn]) - auc(second[drawn], abnormal[drawn]))
    low, high = _percentiles(np.array(differences))
    return Difference(auc(first, abnormal), auc(second, abnormal), low, high, len(first))


def mean_difference(
    first: Sequence[float], second: Sequence[float], records: Sequence[str], seed: int = 0
) -> Difference:
    """Means of two models' figures of the same cases; records are resampled with all their cases."""
    one, two = np.asarray(first, np.float64), np.asarray(second, np.float64)
    _same_length(one, two)
    names, row = np.unique(np.array(records), return_inverse=True)
    total, count = np.bincount(row, one - two), np.bincount(row).astype(np.float64)
    rng = np.random.default_rng(seed)
    weights = rng.multinomial(len(names), np.full(len(names), 1 / len(names)), N_RESAMPLES)
    low, high = _percentiles(weights @ total / (weights @ count))
    return Difference(float(one.mean()), float(two.mean()), low, high, len(names))


def _same_length(first: F64, second: F64) -> None:
    if len(first) != len(second):
        raise ConfigurationError(
            f"{len(first)} cases against {len(second)}: save both models' figures with the same options"
        )


def _percentiles(values: F64) -> tuple[float, float]:
    if not values.size:
        return float("nan"), float("nan")
    low, high = np.quantile(values, (0.025, 0.975))
    return float(low), float(high)
