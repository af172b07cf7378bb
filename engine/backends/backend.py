from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Protocol

import numpy as np

from engine.arrays import F32
from engine.errors import ModelError
from engine.preprocess import ModelInput

INPUTS = ("signal", "valid", "beats", "beats_valid", "beat_starts")
"""Fields of `ModelInput` that the network takes, in its order."""


@dataclass(frozen=True, slots=True, eq=False)
class NetworkOutputs:
    """What the network says of a batch; see `engine.models.network.Outputs`."""

    window_error: F32
    """(B, 12, MODEL_N) float32, restoration error of the window, compressed amplitude."""
    beat_error: F32
    """(B, N_BEATS, 12, BEAT_N) float32, the same of each beat."""
    surprise: F32
    """(B, 2) float32, mean negative log likelihood of the hidden samples of the window, and of its beats."""
    features: F32
    """(B, n_features) float32, pooled latents."""


class Backend(Protocol):
    """Runs the network on stacked inputs; all backends agree within a tolerance that a test states."""

    @property
    def name(self) -> str:
        """What it is called."""
        ...

    def run(self, batch: ModelInput) -> NetworkOutputs:
        """One call for the whole batch."""
        ...


class AbsentBackendError(ModelError):
    """What a backend needs is not on this machine: nothing is broken, another backend does the work."""


def is_finite(outputs: NetworkOutputs) -> bool:
    """Whether every number of every window is one."""
    return all(bool(np.isfinite(getattr(outputs, field.name)).all()) for field in fields(outputs))


def joined(parts: Sequence[NetworkOutputs]) -> NetworkOutputs:
    """The parts of a batch as one."""
    if len(parts) == 1:
        return parts[0]
    return NetworkOutputs(
        *(np.concatenate([getattr(part, field.name) for part in parts]) for field in fields(NetworkOutputs))
    )
