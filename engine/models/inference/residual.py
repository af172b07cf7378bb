"""Normalization and residual blocks: (B, channels, 1, n), which runtimes convolve fastest."""

import torch
from torch import Tensor, nn

from engine.models.inference.convolution import AlongTime
from engine.models.network import Residual


class Normalized(nn.Module):
    """Normalization over channels and time together, then the rectifier: one call."""

    def __init__(self, norm: nn.GroupNorm, n: int, phases: int = 1) -> None:
        super().__init__()
        self.eps = norm.eps
        for name, each in (("weight", norm.weight), ("bias", norm.bias)):
            self.register_buffer(name, each.detach().repeat(phases)[:, None, None].repeat(1, 1, n))
        self.weight: Tensor
        self.bias: Tensor

    def forward(self, x: Tensor) -> Tensor:
        """(B, channels, 1, n) to the same."""
        shape = self.weight.shape
        return torch.relu(nn.functional.layer_norm(x, shape, self.weight, self.bias, self.eps))


class Block(nn.Module):
    """`Residual`."""

    def __init__(self, block: nn.Module, n: int) -> None:
        super().__init__()
        assert isinstance(block, Residual)
        self.norm, self.conv = Normalized(block.norm, n), AlongTime.of(block.conv, n)

    def forward(self, x: Tensor) -> Tensor:
        """(B, channels, 1, n) to the same."""
        out: Tensor = x + self.conv(self.norm(x))
        return out
