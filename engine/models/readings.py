"""Seven readings of every sample of a window: what could be strange about it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from engine.arrays import F32, F64, I64, Bools
from engine.backends.backend import NetworkOutputs
from engine.leads import N_LEADS
from engine.models.features import beat_shape
from engine.models.normality import Normality
from engine.models.offbeat import offbeat
from engine.models.smoothing import Smoother
from engine.models.usualsizes import EDGE_N, INNER, N_SHAPES, UsualSizes
from engine.preprocess import BEAT_N, MAP_N, ModelInput

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
BETWEEN: Final = BEAT_N
"""The phase of a sample that belongs to no beat."""
MIN_BEATS: Final = 4
"""Fewer beats in a window have no typical one among them."""
_APART: Final = 4
"""Beats so many places apart do not overlap below 330/min."""


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
    found = np.empty((N_READINGS, *batch.valid.shape), np.float32)
    usual = UsualSizes.of(normality, np.ones((N_SHAPES, N_LEADS)))
    for i, smoother in enumerate(shapes(usual, batch, beat_shape(batch), outputs)):
        for reading in range(N_SHAPES):
            np.sqrt(smoother.means(reading), out=found[reading, i])
    heights, which = offbeat(batch)
    found[N_SHAPES:] = np.take_along_axis(heights, which, axis=2)[:, :, None]
    found *= batch.valid
    return found


def shapes(usual: UsualSizes, batch: ModelInput, shape: F64, outputs: NetworkOutputs) -> Iterator[Smoother]:
    """Squared deviations of each window, to be smoothed; the next window takes the place of the last.

    One by one, because what one window needs stays in the processor's cache. Where two beats overlap the
    larger deviation counts.
    """
    smoother, window = Smoother(N_SHAPES), np.empty(batch.valid.shape[1:], np.float32)
    exist, typical = beats_there(batch), _Typical.of(usual, batch, shape)
    whole: Bools = batch.beats_valid.min(axis=(2, 3)) > 0
    for i, starts in enumerate(batch.beat_starts.tolist()):
        rows = painting_order(exist[i])
        window[:] = usual.window_error[:, BETWEEN:]
        for row in rows:
            place, part = overlap(starts[row], BEAT_N)
            window[:, place] = usual.window_error[:, part]
        window *= outputs.window_error[i]
        np.multiply(window, window, out=smoother.rows[0])
        n = max(rows, default=-1) + 1
        squares = _beat_squares(usual, batch.at(i), outputs.beat_error[i], typical.at(i), whole[i, :n])
        lay(smoother.rows[1:], squares, starts, sorted(rows))
        smoother.keep(batch.valid[i])
        yield smoother


def lay(onto: F32, beats: F32, starts: list[int], rows: Sequence[int]) -> None:
    """Lay beats side by side, without their edges: the larger where two overlap, 0 between.

    Parameters
    ----------
    onto : (k, 12, MAP_N) float32
        Where to.
    beats : (k, n, 12, BEAT_N - 2 EDGE_N) float32
        0 or more.
    starts : list of int
        Places of whole beats in the window.
    rows : sequence of int
        Beats that exist, oldest first.
    """
    done = 0
    for row in rows:
        start = starts[row] + EDGE_N
        place, part = overlap(start, beats.shape[3])
        low, high = place.start, place.stop
        seam = min(max(done, low), high)  # before it lies an earlier beat
        if done < low:
            onto[:, :, done:low] = 0
        elif low < seam:
            both = onto[:, :, low:seam]
            np.maximum(both, beats[:, row, :, part.start : seam - start], out=both)
        onto[:, :, seam:high] = beats[:, row, :, seam - start : part.stop]
        done = max(done, high)
    onto[:, :, done:] = 0


@dataclass(frozen=True, slots=True, eq=False)
class _Typical:
    """What the beats of windows are compared with: (B, 12, n) float32 each."""

    own: F32
    """Each window's typical beat, compressed."""
    deviation: F32
    """One over what deviations from it are measured in; 0 where there are few beats."""
    away: F32
    """How far it is from the typical beats of normal records."""

    @classmethod
    def of(cls, usual: UsualSizes, batch: ModelInput, shape: F64) -> "_Typical":
        beat = shape[..., INNER].astype(np.float32)
        enough = batch.beats_valid[..., INNER].sum(axis=1) >= MIN_BEATS
        unknown = np.isnan(beat)
        away = (np.arcsinh(beat * np.float32(1 / TYPICAL_MV)) - usual.typical) * usual.typical_deviation
        away[unknown] = 0
        beat[unknown] = 0
        own: F32 = np.arcsinh(beat * np.float32(1 / SHAPE_MV))
        return cls(own, usual.own_deviation * enough, away)

    def at(self, i: int) -> "_Typical":
        return _Typical(self.own[i], self.deviation[i], self.away[i])


def _beat_squares(usual: UsualSizes, one: ModelInput, error: F32, typical: _Typical, whole: Bools) -> F32:
    """(4, n, 12, m) squared deviations of the first `n` beats; those `whole` (n,) are valid throughout."""
    n = len(whole)
    away = np.empty((4, n, *usual.beat.shape), np.float32)
    compressed = np.multiply(one.beats[:n, :, INNER], np.float32(1 / SHAPE_MV), out=away[3])
    np.arcsinh(compressed, out=compressed)
    np.multiply(error[:n, :, INNER], usual.beat_error, out=away[0])
    np.subtract(compressed, usual.beat, out=away[1])
    away[1] *= usual.beat_deviation
    np.subtract(compressed, typical.own, out=away[2])
    away[2] *= typical.deviation
    away[3] = typical.away
    for row in np.flatnonzero(~whole).tolist():
        away[:, row] *= one.beats_valid[row, :, INNER]
    away *= away
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
    for i, exist in enumerate(beats_there(batch)):
        for row in painting_order(exist):
            window, beat = overlap(int(batch.beat_starts[i, row]), BEAT_N)
            phases[i, window] = np.arange(BEAT_N)[beat]
    return phases


def beats_there(batch: ModelInput) -> Bools:
    """(B, K) bool: which beats exist."""
    there: Bools = batch.beats_valid.max(axis=(2, 3)) > 0
    return there


def painting_order(exist: Bools) -> list[int]:
    """Beats that exist, those `_APART` places apart one after the other: where two overlap the last stays."""
    rows = np.flatnonzero(exist)
    order: list[int] = rows[np.argsort(rows % _APART, kind="stable")].tolist()
    return order


def overlap(start: int, n: int) -> tuple[slice, slice]:
    """Which samples of the window something of `n` samples covers, and which of its own those are."""
    low = min(max(start, 0), MAP_N)
    high = max(low, min(start + n, MAP_N))
    return slice(low, high), slice(low - start, high - start)
