"""The network of Jiang et al. 2023: a window and one of its beats restored together, a trend beside them."""

from itertools import pairwise
from typing import Final, NamedTuple

import torch
from torch import Tensor, nn

from engine.leads import N_LEADS
from engine.models.mcr2023.config import BEAT_N, WINDOW_N, Mcr2023Config

_N_HALVINGS: Final = 5
_LATENT_KERNEL_N: Final = 15
_LEAK: Final = 0.2
_DROPOUT: Final = 0.1


class Restored(NamedTuple):
    """What one pass gives; everything within -1 and 1 (tanh)."""

    window: Tensor
    """(B, 12, WINDOW_N)."""
    window_log_var: Tensor
    """(B, 1, WINDOW_N), one for all leads."""
    beat: Tensor
    """(B, 12, BEAT_N)."""
    beat_log_var: Tensor
    """(B, 1, BEAT_N)."""
    trend: Tensor
    """(B, 12, WINDOW_N), the window as restored from its trend and the global latent."""


class PublishedNetwork(nn.Module):
    """Two-branch multi-scale cross-restoration, 7.09 million parameters.

    Parameters
    ----------
    config : Mcr2023Config
        Its defaults give the published network.

    Notes
    -----
    Jiang, Huang, Cao, et al., Multi-scale Cross-restoration Framework for Electrocardiogram Anomaly
    Detection, MICCAI 2023 (arXiv 2308.01639); layer sizes as in its public code. Written anew. 7,085,779
    parameters, 1.82 GFLOP for one window with one beat, as published (7.09 million, 1.8 GFLOP).

    One deviation: layer normalization divides by the root of the biased variance, as torch has it, not by
    the unbiased standard deviation: a factor of 0.99 over 50 channels, which its learned gain absorbs.
    """

    def __init__(self, config: Mcr2023Config) -> None:
        super().__init__()
        self.config = config
        latent = config.latent
        n_window, n_beat = latent_n(WINDOW_N), latent_n(BEAT_N)
        self.window_encoder = _encoder(config)
        self.window_decoder = _decoder(config, latent, N_LEADS + 1)
        self.beat_encoder = _encoder(config)
        self.beat_decoder = _decoder(config, latent, N_LEADS + 1)
        self.trend_encoder = _encoder(config)
        self.trend_decoder = _decoder(config, 2 * latent, N_LEADS)
        self.attention = nn.MultiheadAttention(latent, config.heads, dropout=_DROPOUT, batch_first=True)
        self.dropout = nn.Dropout(_DROPOUT)
        self.norm = nn.LayerNorm(latent, eps=1e-6)
        self.to_window = _mixer(n_window + n_beat, 4, n_window)
        self.to_beat = _mixer(n_window + n_beat, 2, n_beat)

    def forward(self, window: Tensor, beat: Tensor, trend: Tensor) -> Restored:
        """One pass each.

        Parameters
        ----------
        window : (B, 12, WINDOW_N) float32
            Between -1 and 1, 0 where hidden.
        beat : (B, 12, BEAT_N) float32
            The same of one beat of each.
        trend : (B, 12, WINDOW_N) float32
            From `trend_of`.
        """
        return self.restore(self.window_encoder(window), self.beat_encoder(beat), self.trend_encoder(trend))

    def restore(self, window: Tensor, beat: Tensor, trend: Tensor) -> Restored:
        """The rest of a pass after the encoders: latents (B, latent, n), crossed, then decoded."""
        window, beat = self.cross(window, beat)
        whole, local = self.window_decoder(window), self.beat_decoder(beat)
        trended = self.trend_decoder(torch.cat((window, trend), dim=1))
        return Restored(
            whole[:, :N_LEADS], whole[:, N_LEADS:], local[:, :N_LEADS], local[:, N_LEADS:], trended
        )

    def cross(self, window: Tensor, beat: Tensor) -> tuple[Tensor, Tensor]:
        """Each latent with what attention over both adds to it."""
        both = torch.cat((window, beat), dim=2).transpose(1, 2)
        seen, _ = self.attention(both, both, both, need_weights=False)
        mixed = self.norm(both + self.dropout(seen)).transpose(1, 2)
        return window + self.to_window(mixed), beat + self.to_beat(mixed)


def latent_n(n: int) -> int:
    """Latent samples of a signal of `n`."""
    return n // 2**_N_HALVINGS - _LATENT_KERNEL_N + 1


def _widths(config: Mcr2023Config) -> list[int]:
    return [config.width * 2**level for level in range(_N_HALVINGS)]


def _encoder(config: Mcr2023Config) -> nn.Sequential:
    widths = _widths(config)
    layers: list[nn.Module] = [nn.Conv1d(N_LEADS, widths[0], 4, 2, 1, bias=False), nn.LeakyReLU(_LEAK)]
    for narrow, wide in pairwise(widths):
        halving = nn.Conv1d(narrow, wide, 4, 2, 1, bias=False)
        layers += [halving, nn.BatchNorm1d(wide), nn.LeakyReLU(_LEAK)]
    return nn.Sequential(*layers, nn.Conv1d(widths[-1], config.latent, _LATENT_KERNEL_N, bias=False))


def _decoder(config: Mcr2023Config, n_in: int, n_out: int) -> nn.Sequential:
    widths = _widths(config)[::-1]
    first = nn.ConvTranspose1d(n_in, widths[0], _LATENT_KERNEL_N, bias=False)
    layers: list[nn.Module] = [first, nn.BatchNorm1d(widths[0]), nn.ReLU()]
    for wide, narrow in pairwise(widths):
        doubling = nn.ConvTranspose1d(wide, narrow, 4, 2, 1, bias=False)
        layers += [doubling, nn.BatchNorm1d(narrow), nn.ReLU()]
    return nn.Sequential(*layers, nn.ConvTranspose1d(widths[-1], n_out, 4, 2, 1, bias=False), nn.Tanh())


def _mixer(n_in: int, factor: int, n_out: int) -> nn.Sequential:
    """Along time: from the latents of both branches to those of one."""
    return nn.Sequential(nn.Linear(n_in, factor * n_in), nn.ReLU(), nn.Linear(factor * n_in, n_out))
