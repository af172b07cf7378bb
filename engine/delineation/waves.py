"""P and T waves: how far the slow slopes reach around the steepest one."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from engine.arrays import F32, F64, I64, Bools
from engine.delineation.beatrow import BeatRow
from engine.delineation.delineation import Mark
from engine.delineation.segment import (
    SAMPLE_MS,
    first_true,
    free_after,
    free_before,
    last_true,
    limited,
    middle,
    outside,
    reached,
)
from engine.delineation.wavelet import HALF_SAMPLE
from engine.grid import WINDOW_N
from engine.leads import N_LEADS


@dataclass(frozen=True, slots=True)
class WaveRule:
    """How one kind of wave is found; chosen on the records 1 to 75 of LUDB."""

    onset: Mark
    """The wave's first mark; peak and offset are the next two."""
    from_n: int
    to_n: int
    """Samples around the R peak among which it may lie."""
    bridge_n: int
    """Slopes this many samples to either side count: the flat top of a wave does not end it."""
    onset_share: float
    offset_share: float
    """The wave reaches as far as its slopes exceed this share of the steepest one."""
    onset_bias_ms: float
    offset_bias_ms: float
    """Mean difference from the annotators, taken off."""
    onset_beats_ms: float
    offset_beats_ms: float
    """Most that a beat may differ from the median of its lead."""
    onset_leads_ms: float
    offset_leads_ms: float
    """Most that a lead may differ from the median of its beat."""


P_WAVE: Final = WaveRule(Mark.P_ONSET, -92, -2, 4, 0.3, 0.5, -8.5, 14.5, 8.0, 8.0, 16.0, 16.0)
T_WAVE: Final = WaveRule(Mark.T_ONSET, 5, 160, 8, 0.3, 0.4, 8.5, 0.5, 80.0, 40.0, 36.0, 12.0)

MAIN_SHARE: Final = 0.9
"""The search for the onset starts at the first slope of this share of the steepest, for the offset at the
last: the two flanks of a symmetric wave are equally steep."""

P_BEFORE_MS: Final = 240.0
P_GAP_MS: Final = 6.0
"""A P wave lies within so much before the QRS onset, and ends this much before it."""
P_RR_SHARE: Final = 0.5
P_AFTER_R_MS: Final = 40.0
"""Before that share of the RR interval and this much has passed, it is still the T wave of the last beat."""
MIN_P_ROOM_MS: Final = 60.0
"""In less time than this between T wave and QRS complex nothing is said about P waves."""
COHERENCE: Final = 0.45
"""P waves repeat from beat to beat, fibrillation does not: least correlation with the mean of the others."""
MIN_BEATS: Final = 3

T_GAP_MS: Final = 60.0
T_RR_SHARE: Final = 0.5
T_AFTER_R_MS: Final = 80.0
T_LATEST_MS: Final = 560.0
T_BEFORE_NEXT_MS: Final = 110.0
MIN_T_ROOM_MS: Final = 40.0
"""A T wave lies `T_GAP_MS` after the J point or later, and before the least of three limits,
with some room between."""


def mark_p(slow: F32, row: BeatRow, onset_ms: F64, leads: Bools, marks: F32) -> F32:
    """Mark the P waves; return how well each beat's P segment repeats, (m,) from -1 to 1.

    Parameters
    ----------
    slow : (B, n, 12) float32
        Slopes at scale 4 of the signals without QRS complexes, held by `REACH_N`; 0 at the very first place,
        which no beat reaches.
    row : BeatRow
        The m beats of all windows.
    onset_ms : (m, 1) float64
        QRS onsets from the R peak.
    leads : (B, 12) bool
        Those that take part.
    marks : (9, m, 12) float32
        Changed in place.
    """
    since_last_ms = row.since_last[:, None] * SAMPLE_MS
    earliest = np.maximum(onset_ms - P_BEFORE_MS, P_AFTER_R_MS - (1 - P_RR_SHARE) * since_last_ms)
    latest = onset_ms - P_GAP_MS
    segments = _segments(slow, row, earliest, latest, P_WAVE)
    coherence = _coherence(segments.within, row, leads)
    np.abs(segments.within, out=segments.within)
    np.abs(segments.around, out=segments.around)
    _mark(P_WAVE, segments, row, leads, marks)
    blind = ~np.logical_or.reduce(leads, axis=1)[row.window]
    coherence[(latest - earliest < MIN_P_ROOM_MS)[:, 0] | blind] = np.nan
    inside = row.place * SAMPLE_MS + earliest[:, 0] > 0
    marks[Mark.P_ONSET : Mark.P_OFFSET + 1, ~((coherence >= COHERENCE) & inside)] = np.nan
    return np.where(inside, coherence, np.float32(np.nan))


def mark_t(steep: F32, row: BeatRow, offset_ms: F64, leads: Bools, marks: F32) -> None:
    """Mark the T waves; parameters as for `mark_p`, with the size of the slopes and QRS offsets."""
    until_next_ms = row.until_next[:, None] * SAMPLE_MS
    latest = np.minimum(T_RR_SHARE * until_next_ms + T_AFTER_R_MS, until_next_ms - T_BEFORE_NEXT_MS)
    latest = np.minimum(latest, T_LATEST_MS)
    _mark(T_WAVE, _segments(steep, row, offset_ms + T_GAP_MS, latest, T_WAVE), row, leads, marks)
    ends = marks[Mark.T_OFFSET] / SAMPLE_MS + row.place[:, None]
    absent = (ends >= WINDOW_N - 1) | (latest - offset_ms - T_GAP_MS < MIN_T_ROOM_MS)
    marks[Mark.T_ONSET :, absent] = np.nan


@dataclass(frozen=True, slots=True, eq=False)
class _Segments:
    """Slopes where a wave of each beat may lie."""

    within: F32
    """(k, 12 m): 0 elsewhere; neither at the first place nor at the last one."""
    around: F32
    """(k, 12 m): elsewhere too."""
    first: I64
    """(12 m,) first place where the wave may lie."""
    end: I64
    """(12 m,) one past the last."""
    from_n: int
    """Samples from the R peak to the first place."""


def _segments(slow: F32, row: BeatRow, earliest_ms: F64, latest_ms: F64, rule: WaveRule) -> _Segments:
    more_n = rule.bridge_n + 2
    from_n = max(int(earliest_ms.min() // SAMPLE_MS) - more_n, rule.from_n - more_n)
    to_n = max(min(int(latest_ms.max() // SAMPLE_MS), rule.to_n) + more_n, from_n + 2 * more_n)
    t_ms = (np.arange(from_n, to_n) + HALF_SAMPLE) * SAMPLE_MS
    first = np.maximum(np.searchsorted(t_ms, earliest_ms[:, 0], "right"), rule.from_n - from_n)
    end = np.minimum(np.searchsorted(t_ms, latest_ms[:, 0], "left"), rule.to_n - from_n)
    beyond = outside(to_n - from_n, first, end)
    around = row.columns(slow, from_n, to_n)
    within = row.columns(slow, from_n, to_n, ~beyond)
    return _Segments(within, around, np.repeat(first, N_LEADS), np.repeat(end, N_LEADS), from_n)


def _mark(rule: WaveRule, segments: _Segments, row: BeatRow, leads: Bools, marks: F32) -> None:
    """From the size of the slopes."""
    highest = np.maximum.reduce(segments.within, axis=0)
    main = segments.within >= np.float32(MAIN_SHARE) * highest
    begin, end = first_true(main, 0), last_true(main, len(main) - 1)
    ms = np.empty((2, highest.size))
    busy = reached(segments.around, np.float32(rule.onset_share) * highest, rule.bridge_n)
    ms[0] = np.maximum(free_before(busy, begin), segments.first - 1) + 1 + rule.bridge_n
    busy = reached(segments.around, np.float32(rule.offset_share) * highest, rule.bridge_n)
    ms[1] = np.minimum(free_after(busy, end), segments.end) - rule.bridge_n
    ms += segments.from_n + HALF_SAMPLE
    ms *= SAMPLE_MS
    ms -= np.array((rule.onset_bias_ms, rule.offset_bias_ms))[:, None]
    ms[:, (highest <= 0) | ~leads[row.window].reshape(-1)] = np.nan
    marks[rule.onset : rule.onset + 3 : 2] = _settled(ms.reshape(2, -1, N_LEADS), rule, row)


def _settled(ms: F64, rule: WaveRule, row: BeatRow) -> F64:
    """Outliers brought near the other beats of their lead, then near the other leads of their beat."""
    beats_ms = np.array((rule.onset_beats_ms, rule.offset_beats_ms))[:, None, None]
    leads_ms = np.array((rule.onset_leads_ms, rule.offset_leads_ms))[:, None, None]
    by_beat = row.by_window(ms.transpose(1, 0, 2))
    typical = middle(by_beat, axis=1)[row.window].transpose(1, 0, 2)
    near = limited(ms, typical - beats_ms, typical + beats_ms)
    typical = middle(near, axis=2)[..., None]
    settled: F64 = limited(near, typical - leads_ms, typical + leads_ms)
    return settled


def _coherence(slope: F32, row: BeatRow, leads: Bools) -> F32:
    """(m,) correlation of each beat with the mean of the others, over all leads; of slopes (k, 12 m)."""
    slope = slope.reshape(-1, len(row), N_LEADS)
    n, n_leads = np.maximum(row.n, 1)[:, None], np.maximum(leads.sum(axis=1, keepdims=True), 1)
    energy = np.einsum("kml,kml->ml", slope, slope)
    power = row.sums(energy) * leads / (n * len(slope))
    usual = power.sum(axis=1, keepdims=True) / n_leads
    # Each lead is divided by its own size.
    weight = leads / (power + 0.1 * usual + 1e-12)
    of_window = (np.arange(row.n.size)[:, None] == row.window).astype(np.float32)
    total = np.matmul(of_window, slope)  # (k, B, 12)
    with_all = np.einsum("kml,kml->ml", slope, np.take(total, row.window, axis=1))
    of_all = (np.einsum("kbl,kbl->bl", total, total) * weight).sum(axis=1)[row.window]
    own, with_all = ((of * weight[row.window]).sum(axis=1) for of in (energy, with_all))
    both, rest = with_all - own, of_all - 2 * with_all + own
    coherence: F32 = (both / np.sqrt(np.maximum(own * rest, 1e-12))).astype(np.float32)
    coherence[row.n[row.window] < MIN_BEATS] = 1
    return coherence
