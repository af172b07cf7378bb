"""Heads of both branches: only what a mask hides is restored by its pass."""

import torch
from torch import Tensor, nn

from engine.leads import N_LEADS
from engine.models.inference.convolution import AlongTime
from engine.models.inference.layout import BEAT_STEPS, BEATS_N, STEP, interleaved, shift, weight_and_bias
from engine.models.inference.residual import Normalized
from engine.models.network import LOG_VAR_RANGE, N_TOKENS, STRIDE, Head, RestorationNetwork
from engine.preprocess import BEAT_N, MODEL_N, N_BEATS


def judge(u: Tensor, valid: Tensor, mean: Tensor, sharpness: Tensor) -> tuple[Tensor, Tensor]:
    """Restoration error, and twice its negative log likelihood; both 0 where not valid, as `u` must be.

    `sharpness` is the negative logarithm of the stated variance.
    """
    error = u - mean * valid
    sharpness = sharpness.clamp(-LOG_VAR_RANGE[1], -LOG_VAR_RANGE[0])
    return error, error * error * torch.exp(sharpness) - sharpness * valid


def mean_and_sharpness(head: Head) -> tuple[Tensor, Tensor]:
    """Weight and bias of a head, of which the second half gives the negative logarithm of the variance."""
    weight, bias = weight_and_bias(head.conv)
    sign = torch.ones_like(bias)
    sign[len(sign) // 2 :] = -1
    return weight * sign[:, None, None], bias * sign


class WindowHead(nn.Module):
    """From the window's latents to what the masks hid of it.

    Doubling the rate and convolving is one convolution with two phases.
    """

    def __init__(self, network: RestorationNetwork, hidden: Tensor) -> None:
        super().__init__()
        self.stem, self.n_masks = network.config.stem, network.config.n_masks
        raising, bias = weight_and_bias(network.raise_rate)
        early, middle, late = raising[..., 0], raising[..., 1], raising[..., 2]
        none = torch.zeros_like(early)
        even, odd = (early, middle + late, none), (none, early + middle, late)
        doubled = torch.cat((torch.stack(even, dim=2), torch.stack(odd, dim=2)))
        self.raise_rate = AlongTime(doubled, bias.repeat(2), N_TOKENS)
        head = network.window_head
        self.norm = Normalized(head.norm, N_TOKENS, phases=2)
        weight, bias = mean_and_sharpness(head)
        taps = weight.reshape(2 * N_LEADS, STEP, self.stem, 3).transpose(2, 3).flatten(2)
        first, second = nn.functional.pad(taps, (0, self.stem)), nn.functional.pad(taps, (self.stem, 0))
        self.register_buffer("weight", torch.stack((first, second), dim=1).reshape(2, -1, 4 * self.stem, 1))
        self.register_buffer("bias", bias.reshape(2 * N_LEADS, 1, STEP).repeat(1, 2, 1).reshape(2, -1))
        tokens = hidden[:, ::STRIDE]
        self.register_buffer("hides", torch.stack((shift(tokens, -1), tokens, shift(tokens, 1)))[:, :, None])
        self.weight: Tensor
        self.bias: Tensor
        self.hides: Tensor

    def forward(self, latent: Tensor) -> tuple[Tensor, Tensor]:
        """(B n_masks, width, 1, N_TOKENS) to mean and sharpness (B, 12, MODEL_N)."""
        raised = self.raise_rate(latent)
        raised = self.norm(raised).reshape(-1, self.n_masks, 2 * self.stem, N_TOKENS)
        before = (raised[:, :, self.stem :] * self.hides[0]).sum(dim=1)
        here = (raised * self.hides[1]).sum(dim=1)
        after = (raised[:, :, : self.stem] * self.hides[2]).sum(dim=1)
        taps = torch.cat((shift(before, 1), here, shift(after, -1)), dim=1)
        mean, sharpness = (_unfold(taps, self.weight[part], self.bias[part]) for part in range(2))
        return mean, sharpness


def _unfold(taps: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    fine = nn.functional.conv1d(taps, weight, bias).reshape(-1, N_LEADS, STRIDE, N_TOKENS)
    return fine.transpose(2, 3).reshape(-1, N_LEADS, MODEL_N)


class BeatHead(nn.Module):
    """From beats' latents to what the masks hid of them.

    A step lies in two neighbouring segments at most. So it is taken from the passes of the even and of the
    odd mask that hide of it, and each of its samples from one of the two.
    """

    def __init__(self, network: RestorationNetwork) -> None:
        super().__init__()
        width = network.config.beat_width
        self.norm = Normalized(network.beat_head.norm, BEAT_STEPS)
        self.n_masks = network.config.n_masks
        weight, bias = mean_and_sharpness(network.beat_head)
        weight = weight.reshape(2 * N_LEADS, STEP, width, 3).permute(1, 0, 3, 2)
        self.register_buffer("weight", weight.reshape(STEP, 2 * N_LEADS, 3 * width, 1).contiguous())
        self.register_buffer("bias", bias.reshape(2 * N_LEADS, STEP).T.contiguous())
        self.weight: Tensor
        self.bias: Tensor

    def forward(self, latent: Tensor, hides: Tensor, even: Tensor) -> tuple[Tensor, Tensor]:
        """Latents to mean and sharpness (B, 12, BEAT_N, K).

        `latent` (B n_masks K, width, 1, BEAT_STEPS); `hides` (B, 2, n_masks / 2, 1, BEATS_N) 1
        where an even, an odd mask hides any of a step; `even` (B, 1, BEAT_N, K) 1 in even segments.
        """
        normal = interleaved(self.norm(latent)).reshape(-1, 2, self.n_masks // 2, latent.shape[1], BEATS_N)
        of_even, of_odd = (_around(normal[:, i], hides[:, i]) for i in range(2))
        away = of_even - of_odd
        phases = even.reshape(-1, 1, BEAT_STEPS, STEP, N_BEATS)
        fine = [
            nn.functional.conv1d(
                of_odd + away * phases[:, :, :, i].reshape(-1, 1, BEATS_N), self.weight[i], self.bias[i]
            ).reshape(-1, 2 * N_LEADS, BEAT_STEPS, N_BEATS)
            for i in range(STEP)
        ]
        restored = torch.stack(fine, dim=3).reshape(-1, 2 * N_LEADS, BEAT_N, N_BEATS)
        return restored[:, :N_LEADS], restored[:, N_LEADS:]


def _around(latent: Tensor, hides: Tensor) -> Tensor:
    """(B, m, width, BEATS_N) to (B, 3 width, BEATS_N): of the pass that hides a step, the steps around it."""
    return torch.cat(
        (
            shift((latent * shift(hides, -N_BEATS)).sum(dim=1), N_BEATS),
            (latent * hides).sum(dim=1),
            shift((latent * shift(hides, N_BEATS)).sum(dim=1), -N_BEATS),
        ),
        dim=1,
    )
