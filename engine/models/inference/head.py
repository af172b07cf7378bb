"""Heads of both branches: only what a mask hides is restored by its pass."""

import torch
from torch import Tensor, nn

from engine.leads import N_LEADS
from engine.models.inference.layout import BEAT_STEPS, BEATS_N, STEP, shift, weight_and_bias
from engine.models.inference.residual import BeatsNormalized, Normalized
from engine.models.network import LOG_VAR_RANGE, N_TOKENS, STRIDE, RestorationNetwork
from engine.preprocess import BEAT_N, MODEL_N, N_BEATS


def judge(u: Tensor, valid: Tensor, mean: Tensor, log_var: Tensor) -> tuple[Tensor, Tensor]:
    """Restoration error, and twice its negative log likelihood; both 0 where not valid, as `u` must be."""
    error = u - mean * valid
    log_var = log_var.clamp(*LOG_VAR_RANGE)
    return error, error * error * torch.exp(-log_var) + log_var * valid


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
        self.register_buffer("raise_weight", torch.cat((torch.stack(even, dim=2), torch.stack(odd, dim=2))))
        self.register_buffer("raise_bias", bias.repeat(2))
        head = network.window_head
        self.norm = Normalized(head.norm, N_TOKENS, phases=2)
        weight, bias = weight_and_bias(head.conv)
        taps = weight.reshape(2 * N_LEADS, STEP, self.stem, 3).transpose(2, 3).flatten(2)
        first, second = nn.functional.pad(taps, (0, self.stem)), nn.functional.pad(taps, (self.stem, 0))
        self.register_buffer("weight", torch.stack((first, second), dim=1).reshape(2, -1, 4 * self.stem, 1))
        self.register_buffer("bias", bias.reshape(2 * N_LEADS, 1, STEP).repeat(1, 2, 1).reshape(2, -1))
        tokens = hidden[:, ::STRIDE]
        self.register_buffer("hides", torch.stack((shift(tokens, -1), tokens, shift(tokens, 1)))[:, :, None])
        self.raise_weight: Tensor
        self.raise_bias: Tensor
        self.weight: Tensor
        self.bias: Tensor
        self.hides: Tensor

    def forward(self, latent: Tensor) -> tuple[Tensor, Tensor]:
        """(B n_masks, width, N_TOKENS) to mean and log variance (B, 12, MODEL_N)."""
        raised = nn.functional.conv1d(latent, self.raise_weight, self.raise_bias, padding=1)
        raised = self.norm(raised).reshape(-1, self.n_masks, 2 * self.stem, N_TOKENS)
        before = (raised[:, :, self.stem :] * self.hides[0]).sum(dim=1)
        here = (raised * self.hides[1]).sum(dim=1)
        after = (raised[:, :, : self.stem] * self.hides[2]).sum(dim=1)
        taps = torch.cat((shift(before, 1), here, shift(after, -1)), dim=1)
        mean, log_var = (_unfold(taps, self.weight[part], self.bias[part]) for part in range(2))
        return mean, log_var


def _unfold(taps: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    fine = nn.functional.conv1d(taps, weight, bias).reshape(-1, N_LEADS, STRIDE, N_TOKENS)
    return fine.transpose(2, 3).reshape(-1, N_LEADS, MODEL_N)


class BeatHead(nn.Module):
    """From interleaved beats' latents to what the masks hid of them.

    A step lies in two neighbouring segments at most. So it is taken from the passes of the even and of the
    odd mask that hide of it, and each of its samples from one of the two.
    """

    def __init__(self, network: RestorationNetwork) -> None:
        super().__init__()
        width = network.config.beat_width
        self.norm = BeatsNormalized(network.beat_head.norm)
        self.n_masks = network.config.n_masks
        weight, bias = weight_and_bias(network.beat_head.conv)
        weight = weight.reshape(2, N_LEADS, STEP, width, 3).permute(0, 2, 1, 4, 3)
        self.register_buffer("weight", weight.reshape(2, STEP, N_LEADS, 3 * width, 1).contiguous())
        self.register_buffer("bias", bias.reshape(2, N_LEADS, STEP).transpose(1, 2).contiguous())
        self.weight: Tensor
        self.bias: Tensor

    def forward(self, latent: Tensor, hides: tuple[Tensor, Tensor], even: Tensor) -> tuple[Tensor, Tensor]:
        """Latents to mean and log variance (B, 12, BEAT_N, K).

        `latent` (B n_masks, width, BEATS_N); `hides` (B, n_masks / 2, 1, BEATS_N) 1 where an even, an odd
        mask hides any of a step; `even` (B, 1, BEAT_N, K) True in even segments.
        """
        normal = self.norm(latent).reshape(-1, self.n_masks, latent.shape[1], BEATS_N)
        halves = normal.chunk(2, dim=1)
        taps = [_around(half, one) for half, one in zip(halves, hides, strict=True)]
        phases = even.reshape(-1, 1, BEAT_STEPS, STEP, N_BEATS)
        chosen = [
            torch.where(phases[:, :, :, i].reshape(-1, 1, BEATS_N), taps[0], taps[1]) for i in range(STEP)
        ]
        mean, log_var = (self._fine(chosen, part) for part in range(2))
        return mean, log_var

    def _fine(self, taps: list[Tensor], part: int) -> Tensor:
        fine = [
            nn.functional.conv1d(one, weight, bias).reshape(-1, N_LEADS, BEAT_STEPS, N_BEATS)
            for one, weight, bias in zip(taps, self.weight[part], self.bias[part], strict=True)
        ]
        return torch.stack(fine, dim=3).reshape(-1, N_LEADS, BEAT_N, N_BEATS)


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
