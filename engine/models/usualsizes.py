from dataclasses import dataclass
from typing import Final

import numpy as np

from engine.arrays import F32, F64
from engine.models.normality import Normality
from engine.preprocess import BEAT_N

N_SHAPES: Final = 5
"""So many readings compare shapes; the others intervals."""
EDGE_N: Final = 4
"""Samples at the ends of a beat that the beat readings leave to the next beat."""
INNER: Final = slice(EDGE_N, BEAT_N - EDGE_N)


@dataclass(frozen=True, slots=True, eq=False)
class UsualSizes:
    """What deviations are measured from, and one over what they are measured in.

    (12, n) float32 each, of the samples that beats do not leave to the next.
    """

    window_error: F32
    """(12, BEAT_N + 1): of the restored window, by phase of the beat."""
    beat_error: F32
    """Of restored beats."""
    beat: F32
    """Normal beats, compressed ..."""
    beat_deviation: F32
    """... and how beats deviate from them,"""
    own_deviation: F32
    """and from the typical beat of their own window."""
    typical: F32
    """Typical beats of normal records, more compressed."""
    typical_deviation: F32

    @classmethod
    def of(cls, normality: Normality, unit: F64) -> "UsualSizes":
        """Take them from a model's statistics; readings are counted in `unit` (at least N_SHAPES, 12)."""

        def over(size: F64, reading: int) -> F32:
            reciprocal: F32 = (1 / (size * unit[reading][:, None])).astype(np.float32)
            return reciprocal

        return cls(
            window_error=over(normality.window_error_sd, 0),
            beat_error=over(normality.beat_error_sd[:, INNER], 1),
            beat=normality.beat_mean[:, INNER].astype(np.float32),
            beat_deviation=over(normality.beat_sd[:, INNER], 2),
            own_deviation=over(normality.own_sd[:, INNER], 3),
            typical=normality.typical_mean[:, INNER].astype(np.float32),
            typical_deviation=over(normality.typical_sd[:, INNER], 4),
        )
