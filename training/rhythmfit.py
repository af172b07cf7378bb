"""What fits of rhythm features share: described records, a regression on some of them, a report on all."""

import argparse
import json
import math
import sys
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.arrays import F64, I64, Bools
from training.beats.recordings import data_root
from training.logistic import fit_logistic


@dataclass(frozen=True, slots=True, eq=False)
class Described:
    """The described stretches of one record."""

    record: str
    rows: NDArray[Any]
    """(n, n_leads, n_features)"""
    known: Bools
    """(n, n_leads): the lead was assessable."""
    truth: I64
    """(n,) 1 for what is looked for, 0 for anything else, -1 for what does not count."""


@dataclass(frozen=True, slots=True)
class Fit:
    """One regression: what it is fitted on, and how."""

    fit_on: Mapping[str, Collection[str]]
    """Folder of records -> those that are fitted on; the others are reported."""
    features: Sequence[str]
    describe: Callable[[Path], Described]
    """Takes the path of a record's header."""
    penalty: float
    most: int
    """Stretches of one lead and class of a record count for no more than so many."""
    cap: float = math.inf
    """A lead's vote counts up to this."""

    def run(self, about: str | None) -> int:
        """Read the options, fit, and print the weights and what they do on both parts."""
        parser = argparse.ArgumentParser(description=about)
        names = " and ".join(f"{name}/" for name in self.fit_on)
        parser.add_argument("--data", type=Path, help=f"folder with {names} (default: $ECG_MONITOR_DATA)")
        root = data_root(parser.parse_args().data)
        headers = [path for name in self.fit_on for path in sorted((root / name).glob("*.hea"))]
        sets = [self.describe(path) for path in headers]
        json.dump(self.report(sets), sys.stdout, indent=1)
        return 0

    def report(self, sets: Sequence[Described]) -> dict[str, Any]:
        """Weights, and the share of stretches told right of every record."""
        chosen = [one for one in sets if any(one.record in names for names in self.fit_on.values())]
        mean, spread, weight, bias = self.weights(chosen)
        return {
            "features": tuple(self.features),
            "mean": mean.round(3).tolist(),
            "spread": spread.round(4).tolist(),
            "weight": weight.round(3).tolist(),
            "bias": round(bias, 3),
            "records": {
                one.record: {
                    "fitted": one in chosen,
                    **self._shares(one, (one.rows - mean) / spread @ weight + bias),
                }
                for one in sets
            },
        }

    def weights(self, sets: Sequence[Described]) -> tuple[F64, F64, F64, float]:
        """Fit so that every lead, record and class weighs alike; as `fit_logistic` returns it."""
        rows, truth, weight = [], [], []
        for one in sets:
            for lead in range(one.rows.shape[1]):
                for value in (0, 1):
                    where = one.known[:, lead] & (one.truth == value)
                    n = int(where.sum())
                    rows.append(one.rows[where, lead])
                    truth.append(np.full(n, value))
                    weight.append(np.full(n, min(n, self.most) / max(n, 1)))
        x = np.concatenate(rows).astype(np.float64)
        return fit_logistic(x, np.concatenate(truth), np.concatenate(weight), self.penalty)

    def _shares(self, one: Described, votes: F64) -> dict[str, float | None]:
        """Share told right, by the mean of the assessable leads' votes, (n, n_leads)."""
        capped = np.clip(votes, -self.cap, self.cap) * one.known
        evidence = capped.sum(axis=1) / np.maximum(one.known.sum(axis=1), 1)
        seen = one.known.any(axis=1)
        found, other = seen & (one.truth == 1), seen & (one.truth == 0)
        return {
            "found": round(float((evidence[found] > 0).mean()), 4) if found.any() else None,
            "others_quiet": round(float((evidence[other] <= 0).mean()), 4) if other.any() else None,
        }
