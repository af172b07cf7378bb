"""Stems of both branches: computed once for all masks."""

import torch
from torch import Tensor, nn

from engine.leads import N_LEADS
from engine.models.inference.layout import BEATS_N, STEP, shift, weight_and_bias
from engine.models.network import STRIDE, TREND_N, RestorationNetwork


class WindowStem(nn.Module):
    """Stem and trend of the window.

    A mask hides whole steps. So what each step adds to the stem's output at the step before it, at its own
    and at the next is computed once, and every mask leaves out what it hides.
    """

    def __init__(self, network: RestorationNetwork, hidden: Tensor) -> None:
        super().__init__()
        self.width = network.config.stem
        self.down, self.trend, self.place = network.down, network.trend, network.place
        weight, bias = weight_and_bias(network.stem)
        before, here, after = weight[..., :STEP], weight[..., STEP : 2 * STEP], weight[..., 2 * STEP :]
        mean = torch.eye(2 * N_LEADS)[:, :, None].repeat(1, 1, STEP) / STEP
        after = nn.functional.pad(after, (0, STEP - after.shape[2]))
        self.register_buffer("weight", torch.cat((before, here, after, mean)))
        self.register_buffer("bias", bias[:, None])
        visible = 1 - hidden[:, ::STEP]
        around = torch.stack((shift(visible, 1), visible, shift(visible, -1)))
        self.register_buffer("visible", around[:, :, None])
        self.weight: Tensor
        self.bias: Tensor
        self.visible: Tensor

    def forward(self, x: Tensor) -> Tensor:
        """Compressed signal with what is valid (B, 24, MODEL_N) to latents (B n_masks, width, N_TOKENS)."""
        n, parts = self.width, nn.functional.conv1d(x, self.weight, stride=STEP)[:, None]
        before = shift(parts[:, :, :n], 1) * self.visible[0]
        here = parts[:, :, n : 2 * n] * self.visible[1]
        after = shift(parts[:, :, 2 * n : 3 * n], -1) * self.visible[2]
        coarse = torch.relu(before + here + after + self.bias).flatten(0, 1)
        means = (parts[:, :, 3 * n :] * self.visible[1]).flatten(0, 1)
        latent: Tensor = self.down(coarse) + self.trend(_trend(means)) + self.place
        return latent


def _trend(means: Tensor) -> Tensor:
    """Means of what is visible of each step to the slow course of the signal."""
    n, stride = TREND_N // STEP, STRIDE // STEP
    slow = nn.functional.avg_pool1d(means, n, stride, (n - stride) // 2)
    return slow[:, :N_LEADS] / (slow[:, N_LEADS:] + 0.01)


class BeatStem(nn.Module):
    """Stem of interleaved beats.

    What goes into a step lies in two neighbouring segments at most, one of an even and one of an odd mask. So
    even and odd segments are convolved apart, and each mask leaves out the part that it hides.
    """

    def __init__(self, network: RestorationNetwork) -> None:
        super().__init__()
        weight, bias = weight_and_bias(network.beat_stem)
        self.register_buffer("weight", weight[..., None])
        place = network.beat_place + bias[:, None]
        self.register_buffer("place", place.detach().repeat_interleave(BEATS_N // place.shape[2], dim=2))
        self.weight: Tensor
        self.place: Tensor

    def forward(self, x: Tensor, even: Tensor, visible: tuple[Tensor, Tensor]) -> Tensor:
        """Beats to latents.

        `x` (B, 24, BEAT_N, K) compressed with what is valid; `even` (B, 1, BEAT_N, K) 1 in even segments;
        `visible` (B, n_masks / 2, 1, BEATS_N) 1 where an even, an odd mask sees all that goes into a step.
        Latents (B n_masks, beat_width, BEATS_N).
        """
        of_even, of_odd = self._steps(x * even), self._steps(x * (1 - even))
        seen = (of_odd + of_even * visible[0], of_even + of_odd * visible[1])
        return torch.cat(seen, dim=1).flatten(0, 1) + self.place

    def _steps(self, x: Tensor) -> Tensor:
        steps = nn.functional.conv2d(x, self.weight, stride=(STEP, 1), padding=(2, 0))
        return steps.reshape(-1, 1, steps.shape[1], BEATS_N)
