"""Normalization and residual blocks, of windows and of interleaved beats."""

import torch
from torch import Tensor, nn

from engine.models.inference.layout import BEAT_STEPS, BEATS_N
from engine.models.network import Residual
from engine.preprocess import N_BEATS


class Normalized(nn.Module):
    """Normalization over channels and time together, then the rectifier: one call."""

    def __init__(self, norm: nn.GroupNorm, n: int, phases: int = 1) -> None:
        super().__init__()
        self.eps = norm.eps
        for name, each in (("weight", norm.weight), ("bias", norm.bias)):
            self.register_buffer(name, each.detach().repeat(phases)[:, None].repeat(1, n))
        self.weight: Tensor
        self.bias: Tensor

    def forward(self, x: Tensor) -> Tensor:
        """(B, channels, n) to the same."""
        shape = self.weight.shape
        return torch.relu(nn.functional.layer_norm(x, shape, self.weight, self.bias, self.eps))


class BeatsNormalized(nn.Module):
    """The same for interleaved beats, each by itself."""

    def __init__(self, norm: nn.GroupNorm) -> None:
        super().__init__()
        self.norm = norm

    def forward(self, x: Tensor) -> Tensor:
        """(B, channels, BEATS_N) to the same."""
        each = x.reshape(-1, x.shape[1] * BEAT_STEPS, N_BEATS)
        mean = each.mean(dim=1)
        scale = torch.rsqrt((each * each).mean(dim=1) - mean * mean + self.norm.eps)
        standard = x * _every_step(scale) + _every_step(-mean * scale)
        return torch.relu(standard * self.norm.weight[:, None] + self.norm.bias[:, None])


def _every_step(x: Tensor) -> Tensor:
    """(B, N_BEATS) to (B, 1, BEATS_N)."""
    return x[:, None].expand(-1, BEAT_STEPS, -1).reshape(-1, 1, BEATS_N)


class WindowBlock(nn.Module):
    """`Residual` of windows."""

    def __init__(self, block: nn.Module, n: int) -> None:
        super().__init__()
        assert isinstance(block, Residual)
        self.norm, self.conv = Normalized(block.norm, n), block.conv

    def forward(self, x: Tensor) -> Tensor:
        """(B, width, n) to the same."""
        out: Tensor = x + self.conv(self.norm(x))
        return out


class BeatBlock(nn.Module):
    """`Residual` of interleaved beats."""

    def __init__(self, block: nn.Module) -> None:
        super().__init__()
        assert isinstance(block, Residual)
        self.norm, self.conv = BeatsNormalized(block.norm), block.conv
        self.dilation = block.conv.dilation[0] * N_BEATS

    def forward(self, x: Tensor) -> Tensor:
        """(B, width, BEATS_N) to the same."""
        rectified = self.norm(x)
        return x + nn.functional.conv1d(
            rectified, self.conv.weight, self.conv.bias, padding=self.dilation, dilation=self.dilation
        )
