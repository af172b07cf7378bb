"""`RestorationNetwork.forward` without what it computes several times, or for nothing.

The training network restores every sample by every pass and keeps what was hidden. Here each sample is
restored by the one pass that scores it; stems, compression and projections are computed once for all passes;
beats are convolved together. The weights are the same, and so are the outputs to rounding: a test holds them
equal.
"""

from typing import Final

import torch
from torch import Tensor, nn

from engine.leads import N_LEADS
from engine.models.inference.attention import FewQueries, ManyQueries
from engine.models.inference.head import BeatHead, WindowHead, judge
from engine.models.inference.layout import BEAT_STEPS, BEATS_N, STEP, Turns, mask_order
from engine.models.inference.residual import Block
from engine.models.inference.stem import BeatStem, WindowStem
from engine.models.network import COMPRESSION_MV, N_TOKENS, Outputs, RestorationNetwork
from engine.preprocess import BEAT_N, MODEL_N, N_BEATS

_FIELD: Final = (-2, 5)
"""First and last sample, relative to a step's first, of what goes into a step of the beats' stem."""
_STEEP: Final = 1e4


def compress(mv: Tensor) -> Tensor:
    """`engine.models.network.compress`, written out: runtimes have a fast logarithm and a slow asinh.

    Within 3e-5 of it, at signals of some nanovolts, where the sign is a steep line.
    """
    x = mv * (1 / COMPRESSION_MV)
    return torch.log(x.abs() + torch.sqrt(x * x + 1)) * (x * _STEEP).clamp(-1, 1)


class InferenceNetwork(nn.Module):
    """The same function as the forward pass of a trained network.

    Parameters
    ----------
    network : RestorationNetwork
        Trained; its parameters are used, or folded into others.

    Raises
    ------
    ModelError
        If its masks are not of whole strides.
    """

    def __init__(self, network: RestorationNetwork) -> None:
        super().__init__()
        config = network.config
        self.n_masks = config.n_masks
        self.turns = Turns(config)
        self.register_buffer("order", mask_order(config)[:, None])
        self.order: Tensor
        hidden = (self.turns(torch.arange(MODEL_N, dtype=torch.float32)) == self.order).to(torch.float32)
        self.register_buffer("hidden", hidden.T.contiguous())
        self.hidden: Tensor
        self.register_buffer("every_step", torch.ones(1, BEAT_STEPS))
        self.every_step: Tensor
        self.stem, self.head = WindowStem(network, hidden), WindowHead(network, hidden)
        self.blocks = nn.Sequential(*(Block(block, N_TOKENS) for block in network.blocks))
        self.refine = nn.Sequential(*(Block(block, N_TOKENS) for block in network.refine))
        self.beat_stem, self.beat_head = BeatStem(network), BeatHead(network)
        self.beat_blocks = nn.Sequential(*(Block(block, BEAT_STEPS) for block in network.beat_blocks))
        self.beat_refine = Block(network.beat_refine, BEAT_STEPS)
        self.to_beats, self.among_beats = FewQueries(network.to_beats), FewQueries(network.among_beats)
        self.to_window = ManyQueries(network.to_window)

    def forward(
        self, signal: Tensor, valid: Tensor, beats: Tensor, beats_valid: Tensor, beat_starts: Tensor
    ) -> Outputs:
        """All masks in one batch; inputs and outputs as those of `RestorationNetwork.forward`."""
        u = compress(signal) * valid
        latent = self.blocks(self.stem(torch.cat((u, valid), dim=1)))
        beats_u, there = _interleaved(compress(beats) * beats_valid), _interleaved(beats_valid)
        turn = self._turn(beat_starts)
        within = turn[:, 1:-1].reshape(-1, 1, BEAT_N, N_BEATS)
        even = (within - 2 * torch.floor(within / 2) == 0).to(torch.float32)
        beat_latent = self.beat_stem(torch.cat((beats_u, there), dim=1), even, self._touched(turn, *_FIELD))
        beat_latent = self.beat_blocks(beat_latent)
        exist = beats_valid.amax(dim=(2, 3))[:, None].expand(-1, self.n_masks, -1).reshape(-1, 1, N_BEATS)
        tokens = beat_latent.mean(dim=(2, 3)).reshape(-1, N_BEATS, beat_latent.shape[1])
        latent, informed = self._attend(latent.squeeze(2), tokens, exist)
        features = torch.cat((_moments(latent), _moments_of(informed, exist)), dim=1)
        window_error, likelihood = judge(u, valid, *self.head(self.refine(latent.unsqueeze(2))))
        surprise = _surprise(likelihood, valid, self.hidden)
        beat_latent = beat_latent + informed.reshape(-1, informed.shape[2], 1, 1) @ self.every_step
        restored = self.beat_head(self.beat_refine(beat_latent), self._touched(turn, 0, STEP - 1), even)
        beat_error, likelihood = judge(beats_u, there, *restored)
        hidden = (within.flatten(2) == self.order).to(torch.float32).transpose(1, 2)
        return Outputs(
            window_error,
            beat_error.reshape(-1, N_LEADS * BEAT_N, N_BEATS)
            .transpose(1, 2)
            .reshape(-1, N_BEATS, N_LEADS, BEAT_N),
            torch.stack((surprise, _surprise(likelihood, there, hidden)), dim=1),
            features.reshape(-1, self.n_masks, features.shape[1]).mean(dim=1),
        )

    def _turn(self, starts: Tensor) -> Tensor:
        """(B, BEAT_STEPS + 2, STEP, K): which mask hides each sample of beats that start at (B, K), from a
        step before them to a step after them.
        """
        samples = torch.arange(-STEP, BEAT_N + STEP, device=starts.device).reshape(-1, STEP, 1)
        turn: Tensor = self.turns(starts.to(torch.float32)[:, None, None] + samples)
        return turn

    def _touched(self, turn: Tensor, first: int, last: int) -> Tensor:
        """(B, 2, n_masks / 2, 1, BEATS_N): 1 where an even, an odd mask hides any sample from `first` to
        `last` after a step's first.
        """
        ends = (divmod(STEP + sample, STEP) for sample in (first, last))
        from_mask, to_mask = (turn[:, i : i + BEAT_STEPS, j].reshape(-1, 1, BEATS_N) for i, j in ends)
        touched: Tensor = (from_mask == self.order) | (to_mask == self.order)
        return touched.to(torch.float32).reshape(-1, 2, self.n_masks // 2, 1, BEATS_N)

    def _attend(self, latent: Tensor, tokens: Tensor, exist: Tensor) -> tuple[Tensor, Tensor]:
        """Latents of the window, and tokens (B n_masks, K, beat_width) of its beats, told of one another."""
        lacking = (exist - 1) * 1e4
        informed = self.to_beats(tokens, latent)
        informed = self.among_beats(informed, tokens.transpose(1, 2), lacking)
        told: Tensor = self.to_window(latent, tokens, lacking)
        return told, informed


def _interleaved(beats: Tensor) -> Tensor:
    """(B, K, 12, BEAT_N) to (B, 12, BEAT_N, K)."""
    return beats.reshape(-1, N_BEATS, N_LEADS * BEAT_N).transpose(1, 2).reshape(-1, N_LEADS, BEAT_N, N_BEATS)


def _surprise(likelihood: Tensor, valid: Tensor, hidden: Tensor) -> Tensor:
    """(B,) mean over the masks of the mean over what each hides; `likelihood` is twice the negative log."""
    sums = torch.stack((likelihood.sum(dim=1) / 2, valid.sum(dim=1)), dim=1).flatten(2) @ hidden
    return (sums[:, 0] / (sums[:, 1] + 1e-6)).mean(dim=1)


def _moments(latent: Tensor) -> Tensor:
    """Mean and standard deviation along time: (B, c, n) to (B, 2 c)."""
    mean = latent.mean(dim=2, keepdim=True)
    away = latent - mean
    return torch.cat((mean.squeeze(2), torch.sqrt((away * away).mean(dim=2) + 1e-6)), dim=1)


def _moments_of(tokens: Tensor, exist: Tensor) -> Tensor:
    """The same over existing tokens: (B, k, c) and (B, 1, k) to (B, 2 c)."""
    weight = exist / (exist.sum(dim=2, keepdim=True) + 1e-6)
    mean = weight @ tokens
    away = tokens - mean
    return torch.cat((mean, torch.sqrt(weight @ (away * away) + 1e-6)), dim=2)[:, 0]
