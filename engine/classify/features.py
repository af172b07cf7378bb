"""What a beat is judged by: numbers without unit, most of them relative to the patient's own beats."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from engine.arrays import F32, F64, I64, Bools
from engine.classify.families import Families, compare, lead_scale
from engine.classify.memory import Memories, own_family
from engine.classify.pieces import P_PART, QRS_N, QRS_PART, T_PART, Pieces, detrended
from engine.delineation.beatrow import BeatRow, runs
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


@dataclass(frozen=True, slots=True, eq=False)
class Timing:
    """RR intervals of the m beats of windows; s, NaN where unknown."""

    before_s: F64
    """(m,)"""
    after_s: F64
    """(m,)"""
    previous_s: F64
    """(m,) the interval before the one before."""
    local_s: F64
    """(m,) median of those around."""
    all_s: F64
    """(B, most beats): those before each beat, by window."""

    @classmethod
    def of(cls, row: BeatRow) -> "Timing":
        """Of all beats of windows."""
        before_s = np.where(row.rank > 0, row.since_last / FS_HZ, np.nan)
        all_s = row.by_window(before_s)
        room = np.full((len(all_s), sum(LOCAL_RR)), np.nan)
        padded = np.concatenate((room[:, 1:], all_s, room), axis=1)
        local_s = middle(runs(padded, sum(LOCAL_RR))[row.window, row.rank + LOCAL_RR[1]], axis=1)
        at = row.rank + room.shape[1] - 1
        return cls(before_s, padded[row.window, at + 1], padded[row.window, at - 1], local_s, all_s)

    @property
    def early(self) -> F64:
        """(m,) log of the interval before each beat over those around it."""
        return np.log(self.before_s / self.local_s)


def measure_features(
    pieces: Pieces, chosen: Bools, row: BeatRow, timing: Timing, qrs_ms: F32, memories: Memories
) -> F32:
    """Describe some beats of windows.

    Parameters
    ----------
    pieces : Pieces
        The n beats.
    chosen : (m,) bool
        Which of all beats they are.
    row : BeatRow
        All m beats.
    timing : Timing
        Of all beats.
    qrs_ms : (m,) float32
        QRS durations of all beats.
    memories : Memories
        What the patients' beats look like.

    Returns
    -------
    (n, len(FEATURES)) float32
        NaN where not measurable; all NaN without an own family or a lead known of both.
    """
    families, bed = memories.families, pieces.bed
    of_beds = own_family(families)
    own = of_beds[bed]  # -1 where there is none: what is measured against it is taken back at the end
    scale = lead_scale(families, pieces)
    like = compare(families, pieces, scale)
    both = pieces.known & families.have[bed, own]
    weight: F32 = both.astype(np.float32) / scale[bed] ** 2
    beat_at = np.arange(len(bed))
    aligned = runs(np.ascontiguousarray(pieces.qrs), QRS_N)
    beat = detrended(aligned[beat_at, :, like.lag[beat_at, own]])
    usual_whole = families.shape[bed, own]
    usual = detrended(usual_whole[..., QRS_PART])
    near = like.correlation[beat_at, own], np.log(like.gain[beat_at, own])
    columns = np.stack(
        [
            *_shape(near[0], beat, usual, both, families.spread[bed, own]),
            *_family(like.correlation, families, bed, own, near[1], beat, usual, weight),
            *_width(qrs_ms[chosen], families, (bed, own), beat, usual, both),
            *_other_waves(pieces.whole, usual_whole, beat, weight),
            *(of_beat[chosen] for of_beat in _timing(timing, row, memories.typical_rr_s)),
        ],
        axis=1,
    )
    described = both.any(axis=1) & (own >= 0)
    return np.where(described[:, None], columns, np.nan).astype(np.float32)


def _shape(likeness: F32, beat: F32, usual: F32, both: Bools, spread: F32) -> tuple[F64 | F32, ...]:
    energy = np.einsum("nlm,nlm->nl", beat, beat) * np.einsum("nlm,nlm->nl", usual, usual)
    by_lead = np.einsum("nlm,nlm->nl", beat, usual) / np.sqrt(np.maximum(energy, 1e-12))
    worst, best = np.where(both, by_lead, 2).min(axis=1), np.where(both, by_lead, -2).max(axis=1)
    strange = np.log((1.01 - likeness) / (spread + 0.01))
    return likeness, worst, best, strange, np.log(spread + 0.01)


def _family(
    correlation: F32,
    families: Families,
    bed: I64,
    own: I64,
    gain: F32,
    beat: F32,
    usual: F32,
    weight: F32,
) -> tuple[F64 | F32 | Bools, ...]:
    nearest = np.nan_to_num(correlation, nan=-2.0).argmax(axis=1)
    apart = beat - usual
    rest = (np.einsum("nlm,nlm->nl", apart, apart) * weight).sum(axis=1)
    size = (np.einsum("nlm,nlm->nl", usual, usual) * weight).sum(axis=1)
    share = (families.weight[bed, nearest] + 0.5) / (families.weight.sum(axis=1)[bed] + 1)
    wider = (families.qrs_ms[bed, nearest] - families.qrs_ms[bed, own]) / WIDTH_UNIT_MS
    return (
        gain,
        np.log(np.sqrt(rest / np.maximum(size, 1e-12)) + 0.02),
        nearest == own,
        np.log(share),
        families.early[bed, nearest],
        wider,
        families.rr_s[bed, nearest],
    )


def _width(
    qrs_ms: F32, families: Families, own: tuple[I64, I64], beat: F32, usual: F32, both: Bools
) -> tuple[F64 | F32, ...]:
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
    level = np.sort(x, axis=-1)[..., x.shape[-1] // 2, None]
    area: F32 = np.abs(x - level).sum(axis=-1)
    relative: F32 = area / np.maximum(np.ptp(x, axis=-1), 1e-6)
    return relative


def _other_waves(whole: F32, usual: F32, beat: F32, weight: F32) -> tuple[F64 | F32, ...]:
    p_power = (whole[..., P_PART].var(axis=2) * weight).sum(axis=1)
    p_usual = (usual[..., P_PART].var(axis=2) * weight).sum(axis=1)
    direction = beat.max(axis=2) + beat.min(axis=2)
    t_level = whole[..., T_PART][..., T_LEVEL].mean(axis=2) - whole[..., DIASTOLE].mean(axis=2)
    size = (direction**2 * weight).sum(axis=1) * (t_level**2 * weight).sum(axis=1)
    discordance = (direction * t_level * weight).sum(axis=1) / np.maximum(np.sqrt(size), 1e-9)
    return (
        _correlation(whole[..., T_PART], usual[..., T_PART], weight),
        discordance,
        _correlation(whole[..., P_PART], usual[..., P_PART], weight),
        np.log(np.sqrt(p_power / np.maximum(p_usual, 1e-9)) + 0.05),
    )


def _correlation(x: F32, usual: F32, weight: F32) -> F32:
    """(n, 12, m) with (n, 12, m), leads weighted (n, 12): (n,)."""
    x, usual = (one - one.mean(axis=2, keepdims=True) for one in (x, usual))
    joint, own, theirs = (
        (np.einsum("nlm,nlm->nl", *pair) * weight).sum(axis=1)
        for pair in ((x, usual), (x, x), (usual, usual))
    )
    correlation: F32 = joint / np.maximum(np.sqrt(own * theirs), 1e-9)
    return correlation


def _timing(timing: Timing, row: BeatRow, typical_s: F64) -> tuple[F64, ...]:
    before_s, local_s = timing.before_s, timing.local_s
    typical_s = np.where(np.isfinite(typical_s), typical_s, middle(row.by_window(local_s), axis=1))
    log = np.log(np.maximum(before_s, 0.1))
    return (
        log,
        timing.early,
        np.log(before_s / typical_s[row.window]),
        np.log(timing.after_s / local_s),
        np.log(timing.after_s / before_s),
        np.log(before_s / timing.previous_s),
        _spread(np.log(np.maximum(timing.all_s, 0.1)))[row.window],
    )


def _spread(values: F64) -> F64:
    """(B, n) to (B,) standard deviation of what is known; NaN where nothing is."""
    known = np.isfinite(values)
    n = np.where(known.any(axis=1), known.sum(axis=1), np.nan)
    mean = np.where(known, values, 0).sum(axis=1) / n
    spread: F64 = np.sqrt(np.where(known, (values - mean[:, None]) ** 2, 0).sum(axis=1) / n)
    return spread
