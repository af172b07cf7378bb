"""The published network over one window: every beat, three masks each, about 30 passes."""

from dataclasses import dataclass
from typing import Final

import numpy as np
import torch
from scipy.ndimage import gaussian_filter1d
from torch import Tensor

from engine.arrays import F32, F64
from engine.leads import N_LEADS
from engine.models.mcr2023.config import BEFORE_R_N, CROP_N, RATE_HZ
from engine.models.mcr2023.inputs import PublishedInput
from engine.models.mcr2023.masks import scoring_masks
from engine.models.mcr2023.network import PublishedNetwork, Restored
from engine.models.mcr2023.trend import trend_of
from engine.preprocess import MAP_HZ, MAP_N

SMOOTH_N: Final = 15
"""Standard deviation of the Gaussian that smooths the map, samples at `RATE_HZ`."""


@dataclass(frozen=True, slots=True, eq=False)
class Assessed:
    """What the network says of one window, before any scale."""

    errors: F64
    """(2,) float64, mean weighted restoration error over all passes: of every sample, as published; and with
    the two branches scored only where they were hidden."""
    map: F32
    """(12, MAP_N) float32, weighted restoration error; 0 without signal and in the first and last 0.2 s."""


def assess(network: PublishedNetwork, one: PublishedInput) -> Assessed:
    """Score one window.

    Parameters
    ----------
    network : PublishedNetwork
        In evaluation mode.
    one : PublishedInput
        The window.

    Notes
    -----
    As published: error = squared deviation times exp(- log variance) for window and beat, plus the trend
    path's squared deviation; the mean over beats and masks. The map adds to the mean over passes the errors
    of each beat at its place, smoothed. What the passes of a window share (latents of the window under three
    masks, and of its trend) is computed once; the numbers are the same.

    Deviations: samples and leads that were not received do not count; with all of them received, this is
    the published mean.
    """
    window_hidden, beat_hidden = (torch.from_numpy(mask)[:, None] for mask in scoring_masks())
    window, valid = _tensor(one.window), _tensor(one.valid)
    total, errors = torch.zeros_like(window), []
    beats_total = torch.zeros(one.whole.shape)
    with torch.no_grad():
        windows = network.window_encoder(window * ~window_hidden)
        trends = network.trend_encoder(trend_of(window[None])).expand(len(windows), -1, -1)
        for k, r_peak in enumerate(one.r_peaks):
            beat, beat_valid = _tensor(one.beat(k)), _tensor(one.beat_valid(k))
            passes = network.restore(windows, network.beat_encoder(beat * ~beat_hidden), trends)
            window_error, beat_error, trend_error = weighted_errors(passes, window, beat)
            total += (window_error + trend_error).mean(dim=0)
            start = int(r_peak) - BEFORE_R_N
            beats_total[:, start : start + beat.shape[1]] += beat_error.mean(dim=0)
            trend = _mean(trend_error, valid)
            every = _mean(window_error, valid) + _mean(beat_error, beat_valid) + trend
            hidden = _mean(window_error, valid * window_hidden) + _mean(beat_error, beat_valid * beat_hidden)
            errors.append((float(every), float(hidden + trend)))
    there = torch.zeros_like(beats_total)
    there[:, CROP_N : CROP_N + total.shape[1]] = total / len(one.r_peaks)
    raw = (there + beats_total).numpy() * one.whole_valid
    return Assessed(np.mean(errors, axis=0), _map(raw, one))


def weighted_errors(passes: Restored, window: Tensor, beat: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Restoration error per sample of window and beat, divided by the stated variance; and of the trend
    path.
    """
    return (
        (passes.window - window) ** 2 * torch.exp(-passes.window_log_var),
        (passes.beat - beat) ** 2 * torch.exp(-passes.beat_log_var),
        (passes.trend - window) ** 2,
    )


def _mean(error: Tensor, weight: Tensor) -> Tensor:
    weight = weight.expand_as(error)
    return (error * weight).sum() / weight.sum().clamp(min=1)


def _map(raw: F32, one: PublishedInput) -> F32:
    """On the map's grid, smoothed."""
    window = slice(CROP_N, CROP_N + one.window.shape[1])
    smooth = np.zeros_like(raw)
    smooth[:, window] = gaussian_filter1d(raw[:, window], SMOOTH_N, axis=1)
    step = RATE_HZ // MAP_HZ
    return (smooth * one.whole_valid)[:, ::step].astype(np.float32).reshape(N_LEADS, MAP_N)


def _tensor(array: np.ndarray) -> Tensor:
    return torch.from_numpy(np.array(array, np.float32))
