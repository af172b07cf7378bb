import torch

from engine.backends.backend import INPUTS, NetworkOutputs
from engine.checkpoint import Checkpoint
from engine.errors import ModelError
from engine.models.network import RestorationNetwork
from engine.preprocess import ModelInput


class TorchBackend:
    """Eager torch: the reference that the others are compared with."""

    name = "torch"

    def __init__(self, checkpoint: Checkpoint) -> None:
        self._network = RestorationNetwork(checkpoint.config).eval()
        state = {name: torch.from_numpy(array.copy()) for name, array in checkpoint.weights.items()}
        try:
            self._network.load_state_dict(state)
        except RuntimeError as error:
            raise ModelError(
                f"the checkpoint's weights do not fit the configuration it states ({error}): train it again"
            ) from error

    def run(self, batch: ModelInput) -> NetworkOutputs:
        """Score a batch."""
        with torch.no_grad():
            outputs = self._network(*(torch.from_numpy(getattr(batch, name).copy()) for name in INPUTS))
        return NetworkOutputs(*(output.numpy() for output in outputs))
