"""The small fitted part of beat classification: an ensemble of perceptrons over the features of a beat."""

from dataclasses import dataclass, fields
from functools import cache
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from engine.arrays import F32, frozen
from engine.classify.features import FEATURES
from engine.errors import ModelError

WEIGHTS: Final = Path(__file__).parents[1] / "weights" / "beats.npz"
OUTPUTS: Final = ("normal", "supraventricular", "ventricular")
CLIP: Final = 4.0
"""Standardized features count up to this."""


@dataclass(frozen=True, slots=True, eq=False)
class BeatNetwork:
    """m perceptrons with two hidden layers, each fitted without some of the records."""

    mean: F32
    """(m, n_features)"""
    scale: F32
    """(m, n_features)"""
    w1: F32
    """(m, n_features, h)"""
    b1: F32
    w2: F32
    """(m, h, h)"""
    b2: F32
    w3: F32
    """(m, h, len(OUTPUTS))"""
    b3: F32
    left_out: NDArray[Any]
    """(m,) str, names of the records that a member never saw, joined by blanks."""

    def probabilities(self, features: F32) -> F32:
        """Mean over the members of the probability of each output.

        Parameters
        ----------
        features : (n, n_features) float32
            As `FEATURES`; what is NaN counts as usual.

        Returns
        -------
        (n, len(OUTPUTS)) float32
        """
        standard = (features - self.mean[:, None]) / self.scale[:, None]
        standard = np.minimum(np.maximum(standard, -CLIP), CLIP)
        standard[np.isnan(standard)] = 0
        hidden = np.tanh(standard @ self.w1 + self.b1[:, None])
        hidden = np.tanh(hidden @ self.w2 + self.b2[:, None])
        logits = hidden @ self.w3 + self.b3[:, None]
        odds = np.exp(logits - logits.max(axis=2, keepdims=True))
        mean: F32 = (odds / odds.sum(axis=2, keepdims=True)).mean(axis=0)
        return mean

    def without(self, record: str) -> "BeatNetwork":
        """Only the members that never saw a record: what an honest figure on it is measured with."""
        chosen = [record in names.split() for names in self.left_out.tolist()]
        if not any(chosen):
            return self
        return BeatNetwork(*(getattr(self, field.name)[chosen] for field in fields(self)))


@cache
def load_network(path: Path = WEIGHTS) -> BeatNetwork:
    """Load the network that comes with the package, once.

    Raises
    ------
    ModelError
        If the file is missing, damaged, or was made for other features.
    """
    try:
        with np.load(path, allow_pickle=False) as file:
            features = file["features"].tolist()
            network = BeatNetwork(*(frozen(file[field.name]) for field in fields(BeatNetwork)))
    except (OSError, KeyError, ValueError) as error:
        raise ModelError(f"cannot read {path}: {error}; install the package again") from None
    if features != list(FEATURES):
        raise ModelError(f"{path} was made for other features; make it again with `ecg-monitor train beats`")
    return network
