"""Stems of both branches: computed once for all masks."""

import torch
from torch import Tensor, nn

from engine.leads import N_LEADS
from engine.models.inference.convolution import AlongTime
from engine.models.inference.layout import BEATS_N, STEP, apart, shift, weight_and_bias
from engine.models.network import N_TOKENS, STRIDE, TREND_N, RestorationNetwork
from engine.preprocess import MODEL_N


class WindowStem(nn.Module):
    """Stem and trend of the window.

    A mask hides whole steps. So what each step adds to the stem's output at the step before it, at its own
    and at the next is computed once, and every mask leaves out what it hides.
    """

    def __init__(self, network: RestorationNetwork, hidden: Tensor) -> None:
        super().__init__()
        self.width = network.config.stem
        self.down = AlongTime.of(network.down, MODEL_N // STEP)
        self.trend = AlongTime.of(network.trend, N_TOKENS)
        self.register_buffer("place", network.place.detach().unsqueeze(2))
        self.register_buffer("box", torch.full((2 * N_LEADS, 1, 1, TREND_N // STEP), STEP / TREND_N))
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
        self.place: Tensor
        self.box: Tensor

    def forward(self, x: Tensor) -> Tensor:
        """Compressed signal with what is valid (B, 24, MODEL_N) to (B n_masks, width, 1, N_TOKENS)."""
        n, parts = self.width, nn.functional.conv1d(x, self.weight, stride=STEP)[:, None]
        before = shift(parts[:, :, :n], 1) * self.visible[0]
        here = parts[:, :, n : 2 * n] * self.visible[1]
        after = shift(parts[:, :, 2 * n : 3 * n], -1) * self.visible[2]
        coarse = torch.relu(before + here + after + self.bias).flatten(0, 1)
        means = (parts[:, :, 3 * n :] * self.visible[1]).flatten(0, 1)
        latent: Tensor = self.down(coarse.unsqueeze(2)) + self.trend(self._trend(means)) + self.place
        return latent

    def _trend(self, means: Tensor) -> Tensor:
        """Means of what is visible of each step to the slow course of the signal."""
        stride = STRIDE // STEP
        slow = nn.functional.conv2d(
            means.unsqueeze(2),
            self.box,
            stride=(1, stride),
            padding=(0, (self.box.shape[3] - stride) // 2),
            groups=len(self.box),
        )
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

    def forward(self, x: Tensor, even: Tensor, hidden: Tensor) -> Tensor:
        """Beats to latents.

        `x` (B, 24, BEAT_N, K) compressed with what is valid; `even` (B, 1, BEAT_N, K) 1 in even segments;
        `hidden` (B, 2, n_masks / 2, 1, BEATS_N) 1 where an even, an odd mask hides any of what goes into a
        step. Latents (B n_masks K, beat_width, 1, BEAT_STEPS).
        """
        whole, of_even = self._steps(x), self._steps(x * even)
        parts = torch.cat((of_even, whole - of_even), dim=1)[:, :, None]
        return apart(((whole + self.place)[:, :, None] - parts * hidden).flatten(0, 2))

    def _steps(self, x: Tensor) -> Tensor:
        steps = nn.functional.conv2d(x, self.weight, stride=(STEP, 1), padding=(2, 0))
        return steps.reshape(-1, 1, steps.shape[1], BEATS_N)
