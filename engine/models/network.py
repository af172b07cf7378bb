"""Two-branch masked restoration of ECG, after Jiang et al., MICCAI 2023 (arXiv 2308.01639), redesigned small.

The global branch restores the hidden parts of the ten-second window, the local branch those of each
heartbeat; the two latents attend to each other; a trend path gives the global branch the slow course of
what is visible. Each branch states how uncertain it is of every sample. Deviations from the paper: 100 Hz;
masks are segments of absolute time, the same for both branches (what one branch must restore the other does
not see), all of them, disjoint, in one batch; only hidden samples are scored; amplitudes are compressed
(asinh), not scaled per lead; leads that are absent are simply not visible; sub-pixel shuffles instead of
transposed convolutions.
"""

from typing import Final, NamedTuple

import torch
from torch import Tensor, nn

from engine.leads import N_LEADS
from engine.models.config import NetworkConfig
from engine.preprocess import BEAT_N, MODEL_N, N_BEATS

COMPRESSION_MV: Final = 0.05
"""Amplitudes well below this count as they are, those above by their logarithm."""
STRIDE: Final = 8
N_TOKENS: Final = MODEL_N // STRIDE
TREND_N: Final = 64
"""The trend is the mean of what is visible over 0.64 s."""
LOG_VAR_RANGE: Final = (-8.0, 4.0)


class Restored(NamedTuple):
    """What one pass says of the signal, hidden or not."""

    mean: Tensor
    """(..., 12, n) restored, compressed amplitude."""
    log_var: Tensor
    """(..., 12, n) logarithm of the stated variance."""


class Outputs(NamedTuple):
    """What the exported graph gives for a batch of windows."""

    window_error: Tensor
    """(B, 12, MODEL_N) restoration error of the window, compressed amplitude; 0 where not valid."""
    beat_error: Tensor
    """(B, N_BEATS, 12, BEAT_N) the same by the local branch."""
    surprise: Tensor
    """(B, 2) mean negative log likelihood of the hidden samples of the window, and of its beats."""
    features: Tensor
    """(B, n_features) pooled latents of both branches."""


def compress(mv: Tensor) -> Tensor:
    """Millivolts to compressed amplitude; small waves keep their weight beside the QRS complex."""
    return torch.asinh(mv / COMPRESSION_MV)


class Residual(nn.Module):
    """Normalized dilated convolution added to its input."""

    def __init__(self, width: int, dilation: int) -> None:
        super().__init__()
        self.norm = nn.GroupNorm(1, width)
        self.conv = nn.Conv1d(width, width, 3, padding=dilation, dilation=dilation)

    def forward(self, x: Tensor) -> Tensor:
        """(B, width, n) to the same."""
        out: Tensor = x + self.conv(torch.relu(self.norm(x)))
        return out


class Attention(nn.Module):
    """One head of scaled dot-product attention with a key mask, added to the queries."""

    def __init__(self, query_width: int, key_width: int, width: int = 32) -> None:
        super().__init__()
        self.query = nn.Linear(query_width, width)
        self.key = nn.Linear(key_width, width)
        self.value = nn.Linear(key_width, query_width)
        self.scale = width**-0.5

    def forward(self, queries: Tensor, keys: Tensor, exists: Tensor) -> Tensor:
        """Queries (B, q, c), keys (B, n, d) and which keys exist (B, n) to (B, q, c)."""
        affinity = self.query(queries) @ self.key(keys).transpose(1, 2) * self.scale
        weights = torch.softmax(affinity + (exists[:, None, :] - 1) * 1e4, dim=-1)
        attended: Tensor = queries + weights @ self.value(keys)
        return attended


class Head(nn.Module):
    """From a latent to mean and log variance at `up` times its rate, by sub-pixel shuffle."""

    def __init__(self, width: int, up: int) -> None:
        super().__init__()
        self.up = up
        self.norm = nn.GroupNorm(1, width)
        self.conv = nn.Conv1d(width, 2 * N_LEADS * up, 3, padding=1)

    def forward(self, x: Tensor) -> Restored:
        """(B, width, n) to two of (B, 12, up n)."""
        fine = self.conv(torch.relu(self.norm(x)))
        b, _, n = fine.shape
        fine = fine.reshape(b, 2 * N_LEADS, self.up, n).transpose(2, 3).reshape(b, 2 * N_LEADS, self.up * n)
        return Restored(fine[:, :N_LEADS], fine[:, N_LEADS:].clamp(*LOG_VAR_RANGE))


class RestorationNetwork(nn.Module):
    """Both branches; `restore` is one masked pass, `forward` all masks of all windows and beats at once."""

    def __init__(self, config: NetworkConfig) -> None:
        super().__init__()
        self.config = config
        stem, width, beat_width = config.stem, config.width, config.beat_width
        self.stem = nn.Conv1d(2 * N_LEADS, stem, 9, stride=4, padding=4)
        self.down = nn.Conv1d(stem, width, 5, stride=2, padding=2)
        self.trend = nn.Conv1d(N_LEADS, width, 3, padding=1)
        self.place = nn.Parameter(torch.randn(1, width, N_TOKENS) * 0.02)
        self.blocks = nn.Sequential(*(Residual(width, 2**i) for i in range(config.n_global_blocks)))
        self.refine = nn.Sequential(*(Residual(width, 1) for _ in range(2)))
        self.raise_rate = nn.Conv1d(width, stem, 3, padding=1)
        self.window_head = Head(stem, 4)
        self.beat_stem = nn.Conv1d(2 * N_LEADS, beat_width, 8, stride=4, padding=2)
        self.beat_place = nn.Parameter(torch.randn(1, beat_width, BEAT_N // 4) * 0.02)
        self.beat_blocks = nn.Sequential(*(Residual(beat_width, 2**i) for i in range(config.n_local_blocks)))
        self.beat_refine = Residual(beat_width, 1)
        self.beat_head = Head(beat_width, 4)
        self.to_window = Attention(width, beat_width)
        self.to_beats = Attention(beat_width, width)
        self.among_beats = Attention(beat_width, beat_width)

    def restore(
        self,
        u: Tensor,
        valid: Tensor,
        hidden: Tensor,
        beats_u: Tensor,
        beats_valid: Tensor,
        beats_hidden: Tensor,
    ) -> tuple[Restored, Restored, Tensor]:
        """Restore windows (B, 12, n) and beats (B, K, 12, n) from what `hidden` leaves; both are
        compressed.
        """
        seen = valid * (1 - hidden)
        latent = self._window_latent(u * seen, seen)
        b, k = beats_u.shape[:2]
        beats_seen = (beats_valid * (1 - beats_hidden)).reshape(b * k, N_LEADS, BEAT_N)
        beat_latent = self._beat_latent(beats_u.reshape(b * k, N_LEADS, BEAT_N) * beats_seen, beats_seen)
        tokens = beat_latent.mean(dim=2).reshape(b, k, -1)
        exist = beats_valid.amax(dim=(2, 3))
        always = torch.ones_like(latent[:, 0])
        informed = self.to_beats(tokens, latent.transpose(1, 2), always)
        informed = self.among_beats(informed, tokens, exist)
        latent = self.to_window(latent.transpose(1, 2), tokens, exist).transpose(1, 2)
        features = torch.cat((_moments(latent.transpose(1, 2), always), _moments(informed, exist)), dim=1)
        window = self.window_head(
            self.raise_rate(nn.functional.interpolate(self.refine(latent), scale_factor=2.0))
        )
        beat_latent = self.beat_refine(beat_latent + informed.reshape(b * k, -1, 1))
        beat = self.beat_head(beat_latent)
        shape = (b, k, N_LEADS, BEAT_N)
        return window, Restored(beat.mean.reshape(shape), beat.log_var.reshape(shape)), features

    def forward(
        self, signal: Tensor, valid: Tensor, beats: Tensor, beats_valid: Tensor, beat_starts: Tensor
    ) -> Outputs:
        """All masks in one batch: every sample is scored by the one pass that did not see it."""
        n_masks = self.config.n_masks
        u, beats_u = compress(signal), compress(beats)
        hidden, beats_hidden = self.masks(beat_starts, torch.zeros_like(beat_starts[:, :1]))
        m = [x.repeat_interleave(n_masks, dim=0) for x in (u, valid, beats_u, beats_valid)]
        h = hidden.flatten(0, 1).unsqueeze(1)
        bh = beats_hidden.flatten(0, 1).unsqueeze(2)
        window, beat, features = self.restore(m[0], m[1], h, m[2], m[3], bh)
        scored, beats_scored = h * m[1], bh * m[3]
        window_error = (m[0] - window.mean) * scored
        beat_error = (m[2] - beat.mean) * beats_scored
        surprise = torch.stack(
            (
                _by_mask(_surprise(window_error, window.log_var, scored), n_masks).mean(dim=1),
                _by_mask(_surprise(beat_error, beat.log_var, beats_scored), n_masks).mean(dim=1),
            ),
            dim=1,
        )
        return Outputs(
            _by_mask(window_error, n_masks).sum(dim=1),
            _by_mask(beat_error, n_masks).sum(dim=1),
            surprise,
            _by_mask(features, n_masks).mean(dim=1),
        )

    def masks(self, beat_starts: Tensor, offset: Tensor) -> tuple[Tensor, Tensor]:
        """Masks of windows (B, n_masks, MODEL_N) and beats (B, n_masks, K, BEAT_N), 1 where hidden."""
        n_masks, mask_n = self.config.n_masks, self.config.mask_n
        device = beat_starts.device
        time = torch.arange(MODEL_N, device=device)[None] + offset
        beat_time = (beat_starts + offset)[:, :, None] + torch.arange(BEAT_N, device=device)
        which = torch.arange(n_masks, device=device)
        cycle = n_masks * mask_n
        turn = torch.div(time + cycle, mask_n, rounding_mode="floor") % n_masks
        beat_turn = torch.div(beat_time + cycle, mask_n, rounding_mode="floor") % n_masks
        hidden = (turn[:, None] == which[:, None]).to(torch.float32)
        return hidden, (beat_turn[:, None] == which[:, None, None]).to(torch.float32)

    def _window_latent(self, seen_u: Tensor, seen: Tensor) -> Tensor:
        trend = _slow(seen_u) / (_slow(seen) + 0.01)
        coarse = self.down(torch.relu(self.stem(torch.cat((seen_u, seen), dim=1))))
        latent: Tensor = self.blocks(coarse + self.trend(trend) + self.place)
        return latent

    def _beat_latent(self, seen_u: Tensor, seen: Tensor) -> Tensor:
        latent: Tensor = self.beat_blocks(self.beat_stem(torch.cat((seen_u, seen), dim=1)) + self.beat_place)
        return latent


def _slow(x: Tensor) -> Tensor:
    return nn.functional.avg_pool1d(x, TREND_N, STRIDE, (TREND_N - STRIDE) // 2)


def _by_mask(x: Tensor, n_masks: int) -> Tensor:
    """(B n_masks, ...) to (B, n_masks, ...)."""
    return x.reshape(-1, n_masks, *x.shape[1:])


def _surprise(error: Tensor, log_var: Tensor, scored: Tensor) -> Tensor:
    """(B,) mean negative log likelihood over scored samples."""
    total = ((error**2 * torch.exp(-log_var) + log_var) / 2 * scored).flatten(1).sum(dim=1)
    return total / (scored.flatten(1).sum(dim=1) + 1e-6)


def _moments(tokens: Tensor, exist: Tensor) -> Tensor:
    """Mean and standard deviation over existing tokens: (B, n, c) to (B, 2 c)."""
    weight = (exist / (exist.sum(dim=1, keepdim=True) + 1e-6)).unsqueeze(2)
    mean = (tokens * weight).sum(dim=1)
    variance = ((tokens - mean.unsqueeze(1)) ** 2 * weight).sum(dim=1)
    return torch.cat((mean, torch.sqrt(variance + 1e-6)), dim=1)


def example_batch(n: int) -> tuple[Tensor, ...]:
    """Inputs of the right shapes: silence, everything valid."""
    return (
        torch.zeros(n, N_LEADS, MODEL_N),
        torch.ones(n, N_LEADS, MODEL_N),
        torch.zeros(n, N_BEATS, N_LEADS, BEAT_N),
        torch.ones(n, N_BEATS, N_LEADS, BEAT_N),
        torch.arange(N_BEATS).repeat(n, 1) * 60,
    )
