"""What the network is trained for: restore what was hidden, from whatever leads are there."""

from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from engine.backends.backend import INPUTS, NetworkOutputs
from engine.leads import N_LEADS
from engine.models.network import RestorationNetwork, Restored, compress
from engine.preprocess import ModelInput
from training.dataset import choose

DROP_LEADS: Final = 0.5
"""Share of training windows that lose leads: one to eleven of them, any."""


class Restoration(nn.Module):
    """The network with its loss."""

    def __init__(self, network: RestorationNetwork) -> None:
        super().__init__()
        self.network = network

    def draw(self, n: int, rng: np.random.Generator) -> tuple[Tensor, ...]:
        """What chance decides of a batch, a row for each record: leads kept, place of the masks, which
        mask.
        """
        masks, mask_n = self.network.config.n_masks, self.network.config.mask_n
        return (
            torch.from_numpy(_kept_leads(n, rng)),
            torch.from_numpy(rng.integers(0, masks * mask_n, (n, 1))),
            torch.from_numpy(rng.integers(0, masks, n)),
        )

    def forward(
        self,
        signal: Tensor,
        valid: Tensor,
        beats: Tensor,
        beats_valid: Tensor,
        starts: Tensor,
        keep: Tensor,
        offset: Tensor,
        which: Tensor,
    ) -> Tensor:
        """Loss of a batch, given what `draw` drew for it."""
        valid, beats_valid = valid * keep[:, :, None], beats_valid * keep[:, None, :, None]
        hidden, beats_hidden = self.network.masks(starts, offset)
        rows = torch.arange(len(signal), device=signal.device)
        hidden, beats_hidden = hidden[rows, which][:, None], beats_hidden[rows, which][:, :, None]
        u, beats_u = compress(signal), compress(beats)
        window, beat, _ = self.network.restore(u, valid, hidden, beats_u, beats_valid, beats_hidden)
        return surprise(u, window, valid * hidden) + surprise(beats_u, beat, beats_valid * beats_hidden)


def surprise(u: Tensor, restored: Restored, weight: Tensor) -> Tensor:
    """Mean negative log likelihood of hidden samples under the stated mean and uncertainty."""
    mean, log_var = restored.mean.float(), restored.log_var.float()
    each = 0.5 * ((u - mean) ** 2 * torch.exp(-log_var) + log_var)
    return (each * weight).sum() / weight.sum().clamp(min=1)


def run_network(network: RestorationNetwork, inputs: ModelInput, size: int = 64) -> NetworkOutputs:
    """Outputs for any number of windows, some at a time, in float32 on the network's own device."""
    network.eval()
    device = next(network.parameters()).device
    pieces = []
    with torch.no_grad():
        for start in range(0, len(inputs.signal), size):
            batch = choose(inputs, np.arange(start, min(start + size, len(inputs.signal))))
            pieces.append(network(*(one.to(device) for one in tensors(batch))))
    return NetworkOutputs(*(torch.cat(parts).cpu().numpy() for parts in zip(*pieces, strict=True)))


def tensors(batch: ModelInput) -> tuple[Tensor, ...]:
    """What the network takes of stacked inputs."""
    return tuple(torch.from_numpy(np.array(getattr(batch, name))) for name in INPUTS)


def _kept_leads(n: int, rng: np.random.Generator) -> NDArray[np.float32]:
    keep = np.ones((n, N_LEADS), np.float32)
    for row in keep:
        if rng.random() < DROP_LEADS:
            row[rng.permutation(N_LEADS)[: rng.integers(1, N_LEADS)]] = 0
    return keep
