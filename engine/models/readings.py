"""Seven readings of every sample of a window: what could be strange about it."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from engine.arrays import F32, F64, I64, Bools
from engine.backends.backend import NetworkOutputs
from engine.models.features import beat_shape
from engine.models.normality import Normality
from engine.preprocess import BEAT_N, BEFORE_R_N, MAP_HZ, MAP_N, N_BEATS, ModelInput

READINGS: Final = (
    "window restored",
    "beats restored",
    "beat against normal beats",
    "beat against the window's typical beat",
    "typical beat against normal ones",
    "early beat",
    "late beat",
)
"""The first four find what passes, such as a premature beat; the fifth what stays, such as a raised ST
segment; the last two what comes too early or not at all."""
N_READINGS: Final = len(READINGS)
SHAPE_MV: Final = 0.1
TYPICAL_MV: Final = 0.02
"""Amplitudes below these count as they are, those above by their logarithm."""
SMOOTH_S: Final = 0.12
"""Squared deviations are averaged over this long: a QRS complex is marked as one piece."""
EDGE_N: Final = 4
"""Samples at the ends of a beat that the beat readings leave to the next beat."""
BETWEEN: Final = BEAT_N
"""The phase of a sample that belongs to no beat."""
MIN_BEATS: Final = 4
"""Fewer beats in a window have no typical one among them, and no usual interval."""
_APART: Final = 4
"""Beats so many places apart do not overlap below 330/min."""
_EARLY_S: Final = (0.25, 0.40)
"""A beat that comes early is marked from so long before its R peak (or 0.4 of its interval) to so long after
it."""
_LATE_S: Final = 0.21
"""What comes late is missed from so long before the R peak was due."""


def read(normality: Normality, batch: ModelInput, outputs: NetworkOutputs) -> F32:
    """Read every sample of every lead.

    Parameters
    ----------
    normality : Normality
        With the usual sizes of restoration errors and deviations, by lead and phase of the beat.
    batch : ModelInput
        Stacked windows.
    outputs : NetworkOutputs
        What the network said of them.

    Returns
    -------
    (N_READINGS, B, 12, MAP_N) float32
        0 or more; 0 without signal and where a reading says nothing. Of the shapes, root mean squares over
        `SMOOTH_S`; of the rhythm, how much an interval differs from the median one, as a logarithm.
    """
    phases = phase(batch)
    window_error = outputs.window_error / normality.window_error_sd[:, phases].transpose(1, 0, 2)
    shapes = np.stack(
        (
            outputs.beat_error / normality.beat_error_sd,
            from_normal(batch, normality.beat_mean, normality.beat_sd),
            from_own(batch) / normality.own_sd,
            _typical_away(normality, batch),
        )
    )
    placed = np.concatenate((window_error[None], onto_window(shapes * (batch.beats_valid > 0), batch)))
    smooth = _smooth_rms(placed.astype(np.float32), batch.valid)
    rhythm = np.stack(_rhythm(batch))[:, :, None] * batch.valid
    return np.concatenate((smooth, rhythm.astype(np.float32)))


def from_normal(batch: ModelInput, mean: F64, sd: F64) -> F64:
    """(B, K, 12, BEAT_N): every beat's deviation from normal beats, in their standard deviations."""
    away: F64 = (np.arcsinh(batch.beats / SHAPE_MV) - mean) / sd
    return away


def from_own(batch: ModelInput) -> F64:
    """(B, K, 12, BEAT_N): every beat's deviation from its window's median beat; 0 with few beats."""
    median = np.arcsinh(beat_shape(batch) / SHAPE_MV)
    enough = (batch.beats_valid > 0).sum(axis=1) >= MIN_BEATS
    away: F64 = np.arcsinh(batch.beats / SHAPE_MV) - np.where(enough, np.nan_to_num(median), np.nan)[:, None]
    return np.nan_to_num(away)


def typical_beat(batch: ModelInput) -> F64:
    """(B, 12, BEAT_N) typical beat of each lead, compressed; NaN without one."""
    typical: F64 = np.arcsinh(beat_shape(batch) / TYPICAL_MV)
    return typical


def phase(batch: ModelInput) -> I64:
    """(B, MAP_N) int64: place of every sample within its beat, 0 to BEAT_N - 1, or `BETWEEN`."""
    phases = np.full((len(batch.signal), MAP_N), BETWEEN, np.int64)
    for rows, places, inside, at in _beat_places(batch, 0):
        phases[rows[inside], at[inside]] = places[inside]
    return phases


def onto_window(beats: NDArray[np.floating], batch: ModelInput) -> F64:
    """Put readings of beats (R, B, K, 12, BEAT_N) where they belong, as magnitudes; the larger where two
    overlap.
    """
    window = np.zeros((len(beats), len(batch.signal), beats.shape[3], MAP_N))
    magnitude = np.abs(beats).transpose(1, 2, 4, 0, 3)
    for n, (rows, _, inside, at) in enumerate(_beat_places(batch, EDGE_N)):
        values = magnitude[:, n::_APART, EDGE_N : BEAT_N - EDGE_N][inside]
        layer = np.zeros((len(batch.signal), MAP_N, *values.shape[1:]))
        layer[rows[inside], at[inside]] = values
        np.maximum(window, layer.transpose(2, 0, 3, 1), out=window)
    return window


def _beat_places(batch: ModelInput, edge_n: int) -> list[tuple[I64, I64, Bools, I64]]:
    """For each of `_APART` sets of beats that do not overlap: window, place in the beat, whether it is there,
    place in the window; each (B, beats, samples).
    """
    exist: Bools = np.asarray(batch.beats_valid.any(axis=(2, 3)))
    places = np.arange(edge_n, BEAT_N - edge_n)
    sets = []
    for n in range(_APART):
        at = batch.beat_starts[:, n::_APART, None] + places
        inside = (at >= 0) & (at < MAP_N) & exist[:, n::_APART, None]
        rows = np.broadcast_to(np.arange(len(at))[:, None, None], at.shape)
        sets.append((rows, np.broadcast_to(places, at.shape), inside, at))
    return sets


def _typical_away(normality: Normality, batch: ModelInput) -> F64:
    """The typical beat's distance from normal ones, at the place of every beat."""
    away = np.nan_to_num((typical_beat(batch) - normality.typical_mean) / normality.typical_sd)
    everywhere: F64 = np.repeat(away[:, None], N_BEATS, axis=1)
    return everywhere


def _rhythm(batch: ModelInput) -> tuple[F64, F64]:
    """(B, MAP_N) each: how early a beat came, around it; how late, from when it was due until it came."""
    rr_n = batch.rr_s.astype(np.float64) * MAP_HZ
    known = np.isfinite(rr_n)
    enough = known.sum(axis=1) >= MIN_BEATS - 1
    median = np.ones((len(rr_n), 1))
    median[enough, 0] = np.nanmedian(rr_n[enough], axis=1)
    r_peaks = (batch.beat_starts + BEFORE_R_N).astype(np.float64)
    before, after = r_peaks[:, :-1], r_peaks[:, 1:]
    ratio = np.where(known & enough[:, None], np.log(np.where(known, rr_n, 1.0) / median), 0.0)
    early = _between(
        -ratio,
        after - np.minimum(_EARLY_S[0] * MAP_HZ, 0.4 * np.nan_to_num(rr_n)),
        after + _EARLY_S[1] * MAP_HZ,
    )
    late = _between(ratio, before + median - _LATE_S * MAP_HZ, after - _LATE_S * MAP_HZ)
    return early, late


def _between(height: F64, start: F64, stop: F64) -> F64:
    """(B, MAP_N): the highest of the (B, n) heights whose stretch covers a sample; at least 0."""
    t = np.arange(MAP_N)
    covers = (t >= start[:, :, None]) & (t < stop[:, :, None])
    highest: F64 = np.where(covers, height[:, :, None], 0.0).max(axis=1).clip(0)
    return highest


def _smooth_rms(z: F32, valid: F32) -> F32:
    """Root of the moving mean square over valid samples; 0 where not valid."""
    n = round(SMOOTH_S * MAP_HZ) // 2 * 2 + 1
    square, count = _moving_sum(z**2 * valid, n), _moving_sum(valid, n)
    rms: F32 = np.sqrt(np.maximum(square, 0) / np.maximum(count, 1)).astype(np.float32) * valid
    return rms


def _moving_sum(x: NDArray[np.floating], n: int) -> F64:
    widths = ((0, 0),) * (x.ndim - 1)
    total = np.cumsum(np.pad(x, (*widths, (n // 2 + 1, n // 2))), axis=-1, dtype=np.float64)
    moving: F64 = total[..., n:] - total[..., :-n]
    return moving
