from dataclasses import dataclass
from typing import Protocol

from engine.arrays import F32
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

    name: str

    def run(self, batch: ModelInput) -> NetworkOutputs:
        """One call for the whole batch."""
        ...
