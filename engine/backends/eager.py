from typing import Final

import torch
from torch import Tensor

from engine.backends.backend import NetworkOutputs
from engine.backends.tensors import InParts
from engine.checkpoint import Checkpoint
from engine.errors import ModelError
from engine.models.network import RestorationNetwork
from engine.preprocess import ModelInput

MOST: Final = 4096
"""Windows in one call."""


class TorchBackend:
    """Eager torch: on the CPU the reference that the others are compared with.

    Parameters
    ----------
    checkpoint : Checkpoint
        Trained.
    device : str
        "cpu" or "cuda"; on the latter a batch without room goes in smaller parts.
    """

    def __init__(self, checkpoint: Checkpoint, device: str = "cpu") -> None:
        self.name = "torch" if device == "cpu" else f"torch-{device}"
        network = load_network(checkpoint).to(device)
        if device == "cuda":
            torch.backends.cudnn.allow_tf32 = False  # by default convolutions are not quite float32

        def run(tensors: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
            return tuple(network(*tensors))

        self._in_parts = InParts(run, device, MOST, yields=device == "cuda")

    def run(self, batch: ModelInput) -> NetworkOutputs:
        """Score a batch."""
        return self._in_parts(batch)


def load_network(checkpoint: Checkpoint) -> RestorationNetwork:
    """The network with the checkpoint's weights, ready to infer, on the CPU."""
    network = RestorationNetwork(checkpoint.config).eval()
    state = {name: torch.from_numpy(array.copy()) for name, array in checkpoint.weights.items()}
    try:
        network.load_state_dict(state)
    except RuntimeError as error:
        raise ModelError(
            f"the checkpoint's weights do not fit the configuration it states ({error}): train it again"
        ) from error
    return network
