"""All waves of all beats in all leads of a window at once."""

from collections.abc import Sequence
from typing import Final

import numpy as np

from engine.arrays import F32, I64, Bools, frozen
from engine.beats import Beats
from engine.delineation.delineation import N_MARKS, Delineation, Mark
from engine.delineation.qrs import mark_qrs
from engine.delineation.segment import SAMPLE_MS, around
from engine.delineation.wavelet import slopes
from engine.delineation.waves import mark_p, mark_t
from engine.leads import N_LEADS
from engine.quality import Quality
from engine.signals import Signals, condition
from engine.window import Window

QRS_SCALE: Final = 3
WAVE_SCALE: Final = 4
MIN_WAVE_MS: Final = 20.0
"""What would be shorter is no wave."""
BLANK_MS: Final = 8.0
"""The QRS complex and this much on either side give way to a straight line before P and T are looked for."""


def delineate(signals: Signals, qualities: Sequence[Quality], beats: Sequence[Beats]) -> list[Delineation]:
    """Mark the waves of the beats of windows in every assessable lead.

    Parameters
    ----------
    signals : Signals
        Windows of any beds.
    qualities : sequence of Quality
        One for each window; only leads that it calls assessable are marked.
    beats : sequence of Beats
        R peaks of each window.

    Returns
    -------
    list of Delineation
        With the beats of `beats`; NaN where a wave is absent, cut off or not received.

    Notes
    -----
    The quadratic-spline wavelet delineator of Martinez, Almeida, Olmos, Rocha and Laguna, IEEE Trans.
    Biomed. Eng. 51 (2004): QRS complexes at scale 2^3, P and T waves at scale 2^4, boundaries where the slope
    falls below a share of its maximum. Deviations: slopes around the steepest one are bridged instead of
    paired into modulus maxima; QRS complexes give way to straight lines before P and T are looked for; the
    median of the leads, and for P and T that of the beats, hold outliers (the multilead rule of Laguna, Jane
    and Caminal, Comput. Biomed. Res. 27 (1994), as a median); a P wave must repeat from beat to beat.
    Figures: `ecg-monitor evaluate beats`.
    """
    return [_delineated(signals, i, *of) for i, of in enumerate(zip(qualities, beats, strict=True))]


def delineation_of(window: Window, quality: Quality, beats: Beats) -> Delineation:
    """Delineate a single window; see `delineate`."""
    return delineate(condition([window]), [quality], [beats])[0]


def _delineated(signals: Signals, i: int, quality: Quality, beats: Beats) -> Delineation:
    leads = np.flatnonzero(quality.assessable & signals.received[i].any(axis=1))
    r_peaks = beats.r_peaks - signals.start[i]
    if not leads.size or not r_peaks.size:
        return Delineation.empty(beats.r_peaks)
    valid = signals.received[i, leads]
    x = signals.calm[i, leads]
    marks = np.full((N_MARKS, leads.size, r_peaks.size), np.nan, np.float32)
    onset_ms, offset_ms = mark_qrs(slopes(x, QRS_SCALE), r_peaks, marks)
    calm = _without_qrs(x, r_peaks, onset_ms, offset_ms)
    slow = slopes(calm, WAVE_SCALE)
    coherence = mark_p(slow, r_peaks, onset_ms, marks)
    mark_t(slow, r_peaks, offset_ms, marks)
    _mark_peak(calm, r_peaks, Mark.P_PEAK, marks)
    _mark_peak(x, r_peaks, Mark.R_PEAK, marks)
    _mark_peak(calm, r_peaks, Mark.T_PEAK, marks)
    _forget_missing(marks, valid, r_peaks)
    all_leads = np.full((N_MARKS, N_LEADS, r_peaks.size), np.nan, np.float32)
    all_leads[:, leads] = marks
    return Delineation(beats.r_peaks, frozen(all_leads), frozen(coherence))


def _without_qrs(x: F32, r_peaks: I64, onset_ms: F32, offset_ms: F32) -> F32:
    """Draw a straight line from before each QRS complex to after it."""
    n = x.shape[1]
    first = r_peaks + np.floor((onset_ms - BLANK_MS) / SAMPLE_MS).astype(np.int64)
    last = r_peaks + np.ceil((offset_ms + BLANK_MS) / SAMPLE_MS).astype(np.int64)
    change = np.zeros(n + 1, np.int64)
    np.add.at(change, np.clip(first + 1, 0, n), 1)
    np.add.at(change, np.clip(last, 0, n), -1)
    blank = np.cumsum(change[:-1]) > 0
    blank[[0, -1]] = False
    at, kept = np.flatnonzero(blank), np.flatnonzero(~blank)
    after = np.searchsorted(kept, at)
    before, following = kept[after - 1], kept[after]
    weight = ((at - before) / (following - before)).astype(np.float32)
    calm = x.copy()
    calm[:, at] = x[:, before] * (1 - weight) + x[:, following] * weight
    return calm


def _mark_peak(x: F32, r_peaks: I64, peak: Mark, marks: F32) -> None:
    """Mark where a wave lies farthest from the line between its ends; forget what has not both."""
    onset_ms, offset_ms = marks[peak - 1], marks[peak + 1]
    known = offset_ms - onset_ms >= MIN_WAVE_MS
    marks[peak - 1 : peak + 2, ~known] = np.nan
    if not known.any():
        return
    from_n, to_n = int(onset_ms[known].min() // SAMPLE_MS), int(offset_ms[known].max() // SAMPLE_MS) + 2
    piece = x[:, around(r_peaks, from_n, to_n, x.shape[1])]
    ends = [
        np.clip(
            np.rint(np.where(known, ms, 0.0) / SAMPLE_MS).astype(np.int64) - from_n, 0, to_n - from_n - 1
        )[..., None]
        for ms in (onset_ms, offset_ms)
    ]
    first, last = (np.take_along_axis(piece, end, axis=2) for end in ends)
    at = np.arange(to_n - from_n)
    share = (at - ends[0]) / np.maximum(ends[1] - ends[0], 1)
    inside = (at >= ends[0]) & (at <= ends[1])
    size = np.where(inside, np.abs(piece - first - share * (last - first)), -1.0)
    marks[peak] = np.where(known, (size.argmax(axis=2) + from_n) * SAMPLE_MS, np.nan)


def _forget_missing(marks: F32, valid: Bools, r_peaks: I64) -> None:
    """Forget waves of which a part was not received."""
    if valid.all():
        return
    missing_until: I64 = np.pad(np.cumsum(~valid, axis=1), ((0, 0), (1, 0)))
    for peak in (Mark.P_PEAK, Mark.R_PEAK, Mark.T_PEAK):
        first, last = (
            np.clip(
                np.rint(np.nan_to_num(marks[mark]) / SAMPLE_MS).astype(np.int64) + r_peaks, 0, valid.shape[1]
            )
            for mark in (peak - 1, peak + 1)
        )
        missing: I64 = np.take_along_axis(missing_until, last, 1) - np.take_along_axis(
            missing_until, first, 1
        )
        marks[peak - 1 : peak + 2, missing > 0] = np.nan
