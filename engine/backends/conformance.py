"""How far a backend's results are from eager torch's on the CPU, window by window."""

from dataclasses import dataclass, fields
from typing import Final

import numpy as np

from engine.arrays import F32, F64
from engine.backends.backend import Backend, NetworkOutputs
from engine.backends.precisions import precision_of
from engine.backends.samples import sample_batch
from engine.checkpoint import Checkpoint
from engine.preprocess import ModelInput

SIZES: Final = (1, 3, 16)
"""Batches to compare."""
SMALL_SCORE: Final = 0.1
"""Differences of scores below a tenth of the alarm threshold count against this, not against themselves."""


@dataclass(frozen=True, slots=True)
class Agreement:
    """A backend beside the reference, over all windows of some batches."""

    score: float
    """Largest difference of a window's score, relative to the score."""
    output: float
    """Largest difference of an output's element, relative to the output's largest."""
    tolerance: float
    """What either may be."""

    @property
    def holds(self) -> bool:
        """Whether the backend may serve; where one gives a number and the other none it may not."""
        return self.score <= self.tolerance and self.output <= self.tolerance


class Reference:
    """Eager torch's results for the samples, computed once.

    Parameters
    ----------
    checkpoint : Checkpoint
        The model.
    sizes : tuple of int
        Batches that a backend is given, one after the other.
    """

    def __init__(self, checkpoint: Checkpoint, sizes: tuple[int, ...] = SIZES) -> None:
        from engine.backends.eager import TorchBackend

        self._normality = checkpoint.normality
        eager = TorchBackend(checkpoint)
        self._cases = [(batch, eager.run(batch)) for batch in map(sample_batch, sizes)]

    def compare(self, backend: Backend, precision: str = "fp32") -> Agreement:
        """Run a backend on the same batches."""
        worst_score = worst_output = 0.0
        for batch, expected in self._cases:
            found = backend.run(batch)
            worst_score = max(worst_score, self._score_difference(batch, expected, found))
            worst_output = max(worst_output, output_difference(expected, found))
        return Agreement(worst_score, worst_output, precision_of(precision).tolerance)

    def _score_difference(self, batch: ModelInput, expected: NetworkOutputs, found: NetworkOutputs) -> float:
        left, right = self._normality.scores(batch, expected), self._normality.scores(batch, found)
        return _worst(np.abs(left - right) / np.maximum(np.abs(left), SMALL_SCORE), left, right)


def output_difference(expected: NetworkOutputs, found: NetworkOutputs) -> float:
    """Largest difference of an element, relative to the largest of its output; inf for other shapes."""
    worst = 0.0
    for field in fields(NetworkOutputs):
        left, right = getattr(expected, field.name), getattr(found, field.name)
        if left.shape != right.shape:
            return float("inf")
        scale = max(float(np.nanmax(np.abs(left))), 1e-6)
        worst = max(worst, _worst(np.abs(left - right) / scale, left, right))
    return worst


def _worst(difference: F32 | F64, left: F32 | F64, right: F32 | F64) -> float:
    """The largest; infinite where one side has a number and the other has none."""
    if (np.isfinite(left) != np.isfinite(right)).any():
        return float("inf")
    return float(np.nanmax(difference, initial=0.0))
