"""P and T waves: how far the slow slopes reach around the steepest one."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from engine.arrays import F32, I64, Bools
from engine.delineation.delineation import Mark
from engine.delineation.segment import SAMPLE_MS, around, dilated, first_after, last_before, middle
from engine.delineation.wavelet import HALF_SAMPLE


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


def mark_p(slow: F32, r_peaks: I64, onset_ms: F32, marks: F32) -> F32:
    """Mark the P waves; return how well each beat's P segment repeats, (n,) from -1 to 1.

    Parameters
    ----------
    slow : (n_leads, n) float32
        Slopes at scale 4 of the signal without QRS complexes.
    r_peaks : (n_beats,) int64
        Places in the window.
    onset_ms : (n_beats,) float32
        QRS onsets from the R peak.
    marks : (9, n_leads, n_beats) float32
        Changed in place.
    """
    since_last_ms = np.diff(r_peaks, prepend=r_peaks[0] - slow.shape[1]) * SAMPLE_MS
    earliest = np.maximum(onset_ms - P_BEFORE_MS, P_AFTER_R_MS - (1 - P_RR_SHARE) * since_last_ms)
    latest = onset_ms - P_GAP_MS
    steep, within = _search(slow, r_peaks, earliest, latest, P_WAVE)
    _mark(P_WAVE, steep, within, marks)
    coherence = _coherence(
        np.where(within, slow[:, around(r_peaks, P_WAVE.from_n, P_WAVE.to_n, slow.shape[1])], 0)
    )
    coherence[latest - earliest < MIN_P_ROOM_MS] = np.nan
    inside = r_peaks * SAMPLE_MS + earliest > 0
    marks[Mark.P_ONSET : Mark.P_OFFSET + 1, :, ~((coherence >= COHERENCE) & inside)] = np.nan
    return np.where(inside, coherence, np.float32(np.nan))


def mark_t(slow: F32, r_peaks: I64, offset_ms: F32, marks: F32) -> None:
    """Mark the T waves; parameters as for `mark_p`, with QRS offsets."""
    n = slow.shape[1]
    until_next_ms = np.diff(r_peaks, append=r_peaks[-1] + n) * SAMPLE_MS
    latest = np.minimum(T_RR_SHARE * until_next_ms + T_AFTER_R_MS, until_next_ms - T_BEFORE_NEXT_MS)
    latest = np.minimum(latest, T_LATEST_MS)
    steep, within = _search(slow, r_peaks, offset_ms + T_GAP_MS, latest, T_WAVE)
    _mark(T_WAVE, steep, within, marks)
    ends = np.nan_to_num(marks[Mark.T_OFFSET]) / SAMPLE_MS + r_peaks
    absent = (ends >= n - 1) | (latest - offset_ms - T_GAP_MS < MIN_T_ROOM_MS)
    marks[Mark.T_ONSET :, absent] = np.nan


def _search(slow: F32, r_peaks: I64, earliest: F32, latest: F32, rule: WaveRule) -> tuple[F32, Bools]:
    """Steepness around each beat, and the places where the wave may lie."""
    steep = np.abs(slow[:, around(r_peaks, rule.from_n, rule.to_n, slow.shape[1])])
    t_ms = (np.arange(rule.from_n, rule.to_n) + HALF_SAMPLE) * SAMPLE_MS
    return steep, (t_ms > earliest[:, None]) & (t_ms < latest[:, None])


def _mark(rule: WaveRule, steep: F32, within: Bools, marks: F32) -> None:
    inside = np.where(within, steep, np.float32(0))
    highest = inside.max(axis=2)
    main = inside >= (MAIN_SHARE * highest)[..., None]
    begin, end = main.argmax(axis=2), inside.shape[2] - 1 - main[..., ::-1].argmax(axis=2)
    level = dilated(steep, rule.bridge_n)
    level[:, ~within] = 0
    first = last_before(level < (rule.onset_share * highest)[..., None], begin) + 1 + rule.bridge_n
    last = first_after(level < (rule.offset_share * highest)[..., None], end) - rule.bridge_n
    start = rule.from_n + HALF_SAMPLE
    onset_ms = (first + start) * SAMPLE_MS - rule.onset_bias_ms
    offset_ms = (last + start) * SAMPLE_MS - rule.offset_bias_ms
    absent = highest <= 0
    onset_ms[absent] = offset_ms[absent] = np.nan
    marks[rule.onset] = _settled(onset_ms, rule.onset_beats_ms, rule.onset_leads_ms)
    marks[rule.onset + 2] = _settled(offset_ms, rule.offset_beats_ms, rule.offset_leads_ms)


def _settled(ms: F32, beats_ms: float, leads_ms: float) -> F32:
    """Outliers brought near the other beats of their lead, then near the other leads of their beat."""
    typical = middle(ms, axis=1)[:, None]
    near = np.clip(ms, typical - beats_ms, typical + beats_ms)
    typical = middle(near, axis=0)
    settled: F32 = np.clip(near, typical - leads_ms, typical + leads_ms)
    return settled


def _coherence(segments: F32) -> F32:
    """Correlation of each beat with the mean of the others, over all leads: (n_leads, n, m) to (n,)."""
    n = segments.shape[1]
    if n < MIN_BEATS:
        return np.ones(n, np.float32)
    power = (segments**2).mean(axis=(1, 2), keepdims=True)
    scaled = segments / np.sqrt(power + 0.1 * power.mean() + 1e-12)
    others = scaled.sum(axis=1, keepdims=True) - scaled
    both = np.einsum("lnm,lnm->n", scaled, others)
    own, rest = np.einsum("lnm,lnm->n", scaled, scaled), np.einsum("lnm,lnm->n", others, others)
    coherence: F32 = (both / np.sqrt(np.maximum(own * rest, 1e-12))).astype(np.float32)
    return coherence
