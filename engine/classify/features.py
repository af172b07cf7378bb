"""What a beat is judged by: numbers without unit, most of them relative to the patient's own beats."""

from typing import Final

import numpy as np

from engine.arrays import F32, F64, I64, Bools
from engine.classify.families import compare, lead_scale
from engine.classify.memory import BeatMemory
from engine.classify.pieces import P_PART, QRS_N, QRS_PART, T_PART, Pieces, detrended
from engine.delineation.segment import middle
from engine.grid import FS_HZ

FEATURES: Final = (
    "likeness",  # correlation with the patient's own family: over all leads, of the worst, of the best
    "worst_lead",
    "best_lead",
    "strange",  # log(1 - likeness), against what is usual in that family
    "spread",
    "gain",  # log amplitude, against that family
    "residual",
    "family_own",  # of the family that the beat resembles most: is it the own one, its share of the beats,
    "family_share",
    "family_early",  # its mean prematurity, width against the own one, RR interval
    "family_qrs",
    "family_rr",
    "qrs",  # duration: absolute, against the own family, against what is usual there
    "qrs_ratio",
    "qrs_strange",
    "steepness",  # steepest slope and area over peak-to-peak amplitude, against the own family
    "area",
    "t_likeness",
    "discordance",  # T wave with the QRS complex (1) or against it (-1)
    "p_likeness",
    "p_gain",
    "rr",  # log intervals before and after, and against the usual ones
    "rr_local",
    "rr_typical",
    "next_local",
    "next_to_rr",
    "rr_to_previous",
    "rr_spread",
)
WIDTH_UNIT_MS: Final = 40.0
LOCAL_RR: Final = (6, 5)
"""The usual interval around a beat is the median of so many before it and after it."""
DIASTOLE: Final = slice(40, 48)
T_LEVEL: Final = slice(8, 60)


def local_rr_s(r_peaks: I64) -> tuple[F64, F64, F64]:
    """RR interval before each beat, after it, and the median around it, s; (n,) each, NaN where unknown."""
    rr_s = np.diff(r_peaks) / FS_HZ
    unknown = [np.nan]
    padded = np.concatenate((unknown * LOCAL_RR[0], rr_s, unknown * LOCAL_RR[1]))
    around = np.lib.stride_tricks.sliding_window_view(padded, sum(LOCAL_RR))[: r_peaks.size]
    return np.concatenate((unknown, rr_s)), np.concatenate((rr_s, unknown)), middle(around, axis=1)


def measure_features(pieces: Pieces, r_peaks: I64, qrs_ms: F32, memory: BeatMemory) -> F32:
    """Describe every beat of a window.

    Parameters
    ----------
    pieces : Pieces
        The window's beats.
    r_peaks : (n,) int64
        Their absolute places.
    qrs_ms : (n,) float32
        Their QRS durations.
    memory : BeatMemory
        What the patient's beats look like.

    Returns
    -------
    (n, len(FEATURES)) float32
        NaN where not measurable; all NaN without an own family or a lead known of both.
    """
    n, own = r_peaks.size, memory.own
    if own < 0 or not n:
        return np.full((n, len(FEATURES)), np.nan, np.float32)
    families = memory.families
    scale = lead_scale(families, pieces)
    like = compare(families, pieces.qrs, pieces.known, scale)
    both = pieces.known & families.have[own]
    weight = both / scale**2
    at = like.lag[:, own][:, None, None] + np.arange(QRS_N)
    beat = detrended(np.take_along_axis(pieces.qrs, at, axis=2))
    usual = detrended(families.shape[own][:, QRS_PART])
    columns = np.stack(
        [
            *_shape(like.correlation[:, own], beat, usual, both, weight, float(families.spread[own])),
            *_family(like.correlation, memory, own, np.log(like.gain[:, own]), beat, usual, weight),
            *_width(qrs_ms, memory, own, beat, usual, both),
            *_other_waves(pieces.whole, families.shape[own], beat, weight),
            *_timing(r_peaks, memory.typical_rr_s),
        ],
        axis=1,
    )
    return np.where(both.any(axis=1)[:, None], columns, np.nan).astype(np.float32)


def _shape(
    likeness: F32, beat: F32, usual: F32, both: Bools, weight: F32, spread: float
) -> tuple[F64 | F32, ...]:
    energy = (beat**2).sum(axis=2) * (usual**2).sum(axis=1)
    by_lead = (beat * usual).sum(axis=2) / np.sqrt(np.maximum(energy, 1e-12))
    worst, best = np.where(both, by_lead, 2).min(axis=1), np.where(both, by_lead, -2).max(axis=1)
    strange = np.log((1.01 - likeness) / (spread + 0.01))
    return likeness, worst, best, strange, np.full(len(beat), np.log(spread + 0.01))


def _family(
    correlation: F32, memory: BeatMemory, own: int, gain: F32, beat: F32, usual: F32, weight: F32
) -> tuple[F64 | F32 | Bools, ...]:
    families = memory.families
    nearest = np.nan_to_num(correlation, nan=-2.0).argmax(axis=1)
    rest = (((beat - usual) ** 2).sum(axis=2) * weight).sum(axis=1)
    residual = np.sqrt(rest / np.maximum(((usual**2).sum(axis=1) * weight).sum(axis=1), 1e-12))
    share = (families.weight[nearest] + 0.5) / (families.weight.sum() + 1)
    wider = (families.qrs_ms[nearest] - families.qrs_ms[own]) / WIDTH_UNIT_MS
    return (
        gain,
        np.log(residual + 0.02),
        nearest == own,
        np.log(share),
        families.early[nearest],
        wider,
        families.rr_s[nearest],
    )


def _width(
    qrs_ms: F32, memory: BeatMemory, own: int, beat: F32, usual: F32, both: Bools
) -> tuple[F64 | F32, ...]:
    families = memory.families
    wider_ms = qrs_ms - families.qrs_ms[own]

    def against_usual(of: F32, of_usual: F32) -> F64:
        mean = [(one * both).sum(axis=1) / np.maximum(both.sum(axis=1), 1) for one in (of, of_usual)]
        ratio: F64 = np.log(np.maximum(mean[0], 1e-3) / np.maximum(mean[1], 1e-3))
        return ratio

    return (
        qrs_ms / 100,
        wider_ms / WIDTH_UNIT_MS,
        wider_ms / (families.qrs_spread_ms[own] + 5) / 4,
        against_usual(_steepness(beat), _steepness(usual)),
        against_usual(_area(beat), _area(usual)),
    )


def _steepness(x: F32) -> F32:
    steepest: F32 = np.abs(np.diff(x[..., ::2], axis=-1)).max(axis=-1)
    relative: F32 = steepest / np.maximum(np.ptp(x, axis=-1), 1e-6)
    return relative


def _area(x: F32) -> F32:
    level = np.partition(x, x.shape[-1] // 2, axis=-1)[..., x.shape[-1] // 2, None]
    area: F32 = np.abs(x - level).sum(axis=-1)
    relative: F32 = area / np.maximum(np.ptp(x, axis=-1), 1e-6)
    return relative


def _other_waves(whole: F32, usual: F32, beat: F32, weight: F32) -> tuple[F64 | F32, ...]:
    p_power = (whole[..., P_PART].var(axis=2) * weight).sum(axis=1)
    p_usual = (usual[:, P_PART].var(axis=1) * weight).sum(axis=1)
    direction = beat.max(axis=2) + beat.min(axis=2)
    t_level = whole[..., T_PART][..., T_LEVEL].mean(axis=2) - whole[..., DIASTOLE].mean(axis=2)
    size = (direction**2 * weight).sum(axis=1) * (t_level**2 * weight).sum(axis=1)
    discordance = (direction * t_level * weight).sum(axis=1) / np.maximum(np.sqrt(size), 1e-9)
    return (
        _correlation(whole[..., T_PART], usual[:, T_PART], weight),
        discordance,
        _correlation(whole[..., P_PART], usual[:, P_PART], weight),
        np.log(np.sqrt(p_power / np.maximum(p_usual, 1e-9)) + 0.05),
    )


def _correlation(x: F32, usual: F32, weight: F32) -> F32:
    """(n, 12, m) with (12, m), leads weighted (n, 12): (n,)."""
    x, usual = x - x.mean(axis=2, keepdims=True), usual - usual.mean(axis=1, keepdims=True)
    joint = ((x * usual).sum(axis=2) * weight).sum(axis=1)
    energy = ((x**2).sum(axis=2) * weight).sum(axis=1) * ((usual**2).sum(axis=1) * weight).sum(axis=1)
    correlation: F32 = joint / np.maximum(np.sqrt(energy), 1e-9)
    return correlation


def _timing(r_peaks: I64, typical_s: float) -> tuple[F64, ...]:
    before_s, after_s, local_s = local_rr_s(r_peaks)
    if not np.isfinite(typical_s):
        typical_s = float(middle(local_s, axis=0))
    previous_s = np.concatenate(([np.nan], before_s[:-1]))
    log = np.log(np.maximum(before_s, 0.1))
    known = log[np.isfinite(log)]
    spread = float(known.std()) if known.size else float("nan")
    return (
        log,
        np.log(before_s / local_s),
        np.log(before_s / typical_s),
        np.log(after_s / local_s),
        np.log(after_s / before_s),
        np.log(before_s / previous_s),
        np.full(r_peaks.size, spread),
    )
