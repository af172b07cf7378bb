"""All waves of all beats in all leads of windows at once."""

from collections.abc import Sequence
from typing import Final

import numpy as np

from engine.arrays import F32, I64, Bools, frozen
from engine.beats import Beats
from engine.delineation.beatrow import REACH_N, BeatRow, taking_part
from engine.delineation.blank import blank_qrs
from engine.delineation.delineation import N_MARKS, Delineation, Mark
from engine.delineation.peaks import mark_peak
from engine.delineation.qrs import FROM_N, TO_N, centres, mark_qrs
from engine.delineation.segment import SAMPLE_MS
from engine.delineation.wavelet import slopes
from engine.delineation.waves import mark_p, mark_t
from engine.grid import WINDOW_N
from engine.leads import N_LEADS
from engine.quality import Quality
from engine.signals import Signals, condition
from engine.window import Window

QRS_SCALE: Final = 3
WAVE_SCALE: Final = 4
GROUP_N: Final = 16
"""Windows worked on at once: the pieces of more of them leave the processor's cache."""


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
    found: list[Delineation] = []
    for first in range(0, len(signals), GROUP_N):
        end = first + GROUP_N
        found += _delineated(signals.between(first, end), qualities[first:end], beats[first:end])
    return found


def delineation_of(window: Window, quality: Quality, beats: Beats) -> Delineation:
    """Delineate a single window; see `delineate`."""
    return delineate(condition([window]), [quality], [beats])[0]


def _delineated(signals: Signals, qualities: Sequence[Quality], beats: Sequence[Beats]) -> list[Delineation]:
    row = BeatRow.of(signals, beats)
    if not len(row):
        return [Delineation.empty(one.r_peaks) for one in beats]
    leads = taking_part(signals, qualities)
    marks = np.full((N_MARKS, len(row), N_LEADS), np.nan, np.float32)
    centre, coherence = _mark(signals, row, leads, marks)
    _forget_missing(marks, signals, row, leads)
    marks_ms = row.split(frozen(marks.transpose(1, 2, 0)))
    p_coherence = row.split(frozen(coherence))
    places = row.split(frozen(centre + signals.start[row.window]))
    return [
        Delineation(one.r_peaks, of_beats.T, repeat, at)
        for one, of_beats, repeat, at in zip(beats, marks_ms, p_coherence, places, strict=True)
    ]


def _mark(signals: Signals, row: BeatRow, leads: Bools, marks: F32) -> tuple[I64, F32]:
    """Fill the (9, m, 12) marks of all beats; return their centres and how well their P segments repeat."""
    x = _side_by_side(signals.calm)
    steep = row.columns(slopes(x, QRS_SCALE, REACH_N), FROM_N, TO_N)
    np.abs(steep, out=steep)
    onset_ms, offset_ms = mark_qrs(steep, leads[row.window], marks)
    centre = row.place + centres(steep, leads[row.window])
    mark_peak(x, row, Mark.R_PEAK, marks)
    blank_qrs(x, row, onset_ms, offset_ms)
    slow = slopes(x, WAVE_SCALE, REACH_N)
    slow[0, 0] = 0
    coherence = mark_p(slow, row, onset_ms, leads, marks)
    mark_t(np.abs(slow, out=slow), row, offset_ms, leads, marks)
    mark_peak(x, row, Mark.P_PEAK, marks)
    mark_peak(x, row, Mark.T_PEAK, marks)
    return centre, coherence


def _side_by_side(x: F32) -> F32:
    """(B, 12, n) to (B, n + 2 REACH_N, 12), the samples of all leads side by side, held at both ends."""
    held = np.empty((len(x), x.shape[2] + 2 * REACH_N, N_LEADS), np.float32)
    held[:, REACH_N:-REACH_N] = x.transpose(0, 2, 1)
    held[:, :REACH_N], held[:, -REACH_N:] = x[:, None, :, 0], x[:, None, :, -1]
    return held


def _forget_missing(marks: F32, signals: Signals, row: BeatRow, leads: Bools) -> None:
    """Forget waves of which a part was not received."""
    hurt = np.logical_or.reduce(leads & ~signals.whole, axis=1)
    if not hurt.any():
        return
    missing_until = np.zeros((int(hurt.sum()), N_LEADS, WINDOW_N + 1), np.int64)
    np.cumsum(~signals.received[hurt], axis=2, out=missing_until[..., 1:])
    beats = np.flatnonzero(hurt[row.window])
    window = (np.cumsum(hurt) - 1)[row.window[beats], None]
    for peak in (Mark.P_PEAK, Mark.R_PEAK, Mark.T_PEAK):
        places = np.rint(np.nan_to_num(marks[[peak - 1, peak + 1]][:, beats]) / SAMPLE_MS).astype(np.int64)
        places = np.clip(places + row.place[beats, None], 0, WINDOW_N)
        before, until = missing_until[window, np.arange(N_LEADS), places]
        forgotten, lead = np.nonzero(until > before)
        marks[peak - 1 : peak + 2, beats[forgotten], lead] = np.nan
