"""How the inference form lays out masks, steps and beats."""

from typing import Final

import torch
from torch import Tensor, nn

from engine.errors import ModelError
from engine.models.config import NetworkConfig
from engine.models.network import STRIDE
from engine.preprocess import BEAT_N, N_BEATS

STEP: Final = 4
"""Samples of one step of either stem, and of either head."""
BEAT_STEPS: Final = BEAT_N // STEP
BEATS_N: Final = BEAT_STEPS * N_BEATS
"""Steps of all beats. Where masks meet beats they lie interleaved, step t of beat k at t * N_BEATS + k."""


def mask_order(config: NetworkConfig) -> Tensor:
    """(n_masks,) even masks first: two neighbouring segments are of one even and one odd mask."""
    if config.n_masks % 2 or config.mask_n % STRIDE:
        raise ModelError(
            f"the inference form needs an even number of masks, each of whole strides of {STRIDE} samples; "
            f"got n_masks {config.n_masks}, mask_n {config.mask_n}: train with others"
        )
    which = torch.arange(config.n_masks, dtype=torch.float32)
    return torch.cat((which[::2], which[1::2]))


class Turns(nn.Module):
    """Which mask hides a sample."""

    def __init__(self, config: NetworkConfig) -> None:
        super().__init__()
        self.n_masks, self.mask_n = config.n_masks, config.mask_n

    def forward(self, time: Tensor) -> Tensor:
        """Samples of the window (float, may be negative) to their masks."""
        segment = torch.floor(time / self.mask_n)
        return segment - self.n_masks * torch.floor(segment / self.n_masks)


def apart(x: Tensor) -> Tensor:
    """Interleaved beats (B, c, BEATS_N) each by itself, (B K, c, 1, BEAT_STEPS)."""
    each = x.reshape(-1, x.shape[1] * BEAT_STEPS, N_BEATS).transpose(1, 2)
    return each.reshape(-1, x.shape[1], 1, BEAT_STEPS)


def interleaved(x: Tensor) -> Tensor:
    """Beats (B K, c, 1, BEAT_STEPS) interleaved, (B, c, BEATS_N)."""
    together = x.reshape(-1, N_BEATS, x.shape[1] * BEAT_STEPS).transpose(1, 2)
    return together.reshape(-1, x.shape[1], BEATS_N)


def shift(x: Tensor, n: int) -> Tensor:
    """Move (..., m) by `n` places along the last axis; zeros come in."""
    return nn.functional.pad(x, (n, -n))


def weight_and_bias(conv: nn.Conv1d) -> tuple[Tensor, Tensor]:
    """What is to be folded into other weights, without its history."""
    assert conv.bias is not None  # the network has no convolution without
    return conv.weight.detach(), conv.bias.detach()
