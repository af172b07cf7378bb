"""What a beat is judged by: numbers without unit, most of them relative to the patient's own beats."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np

from engine.arrays import F32, F64, I64, Bools
from engine.classify.families import Families, compare, lead_scale
from engine.classify.pieces import P_PART, QRS_N, QRS_PART, T_PART, Pieces, detrended
from engine.classify.remember import Memories
from engine.classify.timing import Timing
from engine.delineation.beatrow import BeatRow
from engine.filters import runs

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
DIASTOLE: Final = slice(40, 48)
T_LEVEL: Final = slice(8, 60)


def measure_features(
    pieces: Pieces,
    chosen: Bools,
    row: BeatRow,
    timing: Timing,
    qrs_ms: F32,
    memories: Memories,
    of_beds: I64,
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
    of_beds : (B,) int64
        Their own families; -1 where there is none: what is measured then is taken back at the end.

    Returns
    -------
    (n, len(FEATURES)) float32
        NaN where not measurable; all NaN without an own family or a lead known of both.
    """
    families, bed, beat_at = memories.families, pieces.bed, np.arange(len(pieces))
    scale = lead_scale(families, pieces)
    like = compare(families, pieces, scale)
    usual = _Usual.of(families, of_beds)
    own = of_beds[bed]
    aligned = runs(np.ascontiguousarray(pieces.qrs), QRS_N)
    beat = detrended(aligned[beat_at, :, like.lag[beat_at, own]])
    both = pieces.known & families.have[bed, own]
    weight: F32 = both.astype(np.float32) / scale[bed] ** 2
    columns = np.stack(
        [
            *_shape(like.correlation[beat_at, own], beat, usual, bed, both, families.spread[bed, own]),
            np.log(like.gain[beat_at, own]),
            _residual(beat, usual, bed, weight),
            *_family(like.correlation, families, bed, own),
            *_width(qrs_ms[chosen], families, bed, own),
            _against_usual(_steepness, beat, usual, bed, both),
            _against_usual(_area, beat, usual, bed, both),
            *_other_waves(pieces.whole, usual.whole[bed], beat, weight),
            *(of_beat[chosen] for of_beat in timing.columns(row, memories.typical_rr_s)),
        ],
        axis=1,
    )
    described = both.any(axis=1) & (own >= 0)
    return np.where(described[:, None], columns, np.nan).astype(np.float32)


@dataclass(frozen=True, slots=True, eq=False)
class _Usual:
    """The usual beats of B patients."""

    whole: F32
    """(B, 12, PIECE_N) mV."""
    qrs: F32
    """(B, 12, QRS_N) mV, without trend."""
    energy: F32
    """(B, 12) of `qrs`."""

    @classmethod
    def of(cls, families: Families, own: I64) -> "_Usual":
        whole = families.shape[np.arange(own.size), own]
        qrs = detrended(whole[..., QRS_PART])
        return cls(whole, qrs, _energy(qrs, qrs))


def _energy(one: F32, other: F32) -> F32:
    energy: F32 = np.einsum("nlm,nlm->nl", one, other)
    return energy


def _shape(
    likeness: F32, beat: F32, usual: _Usual, bed: I64, both: Bools, spread: F32
) -> tuple[F64 | F32, ...]:
    energy = _energy(beat, beat) * usual.energy[bed]
    by_lead = _energy(beat, usual.qrs[bed]) / np.sqrt(np.maximum(energy, 1e-12))
    worst, best = np.where(both, by_lead, 2).min(axis=1), np.where(both, by_lead, -2).max(axis=1)
    strange = np.log((1.01 - likeness) / (spread + 0.01))
    return likeness, worst, best, strange, np.log(spread + 0.01)


def _residual(beat: F32, usual: _Usual, bed: I64, weight: F32) -> F32:
    apart = beat - usual.qrs[bed]
    rest = (_energy(apart, apart) * weight).sum(axis=1)
    size = (usual.energy[bed] * weight).sum(axis=1)
    residual: F32 = np.log(np.sqrt(rest / np.maximum(size, 1e-12)) + 0.02)
    return residual


def _family(correlation: F32, families: Families, bed: I64, own: I64) -> tuple[F32 | Bools, ...]:
    nearest = np.where(np.isnan(correlation), np.float32(-2), correlation).argmax(axis=1)
    share = (families.weight[bed, nearest] + 0.5) / (families.weight.sum(axis=1)[bed] + 1)
    wider = (families.qrs_ms[bed, nearest] - families.qrs_ms[bed, own]) / WIDTH_UNIT_MS
    early, rr_s = families.early[bed, nearest], families.rr_s[bed, nearest]
    return nearest == own, np.log(share), early, wider, rr_s


def _width(qrs_ms: F32, families: Families, bed: I64, own: I64) -> tuple[F64 | F32, ...]:
    wider_ms = qrs_ms - families.qrs_ms[bed, own]
    usual_ms = families.qrs_spread_ms[bed, own] + 5
    return qrs_ms / 100, wider_ms / WIDTH_UNIT_MS, wider_ms / usual_ms / 4


def _against_usual(measure: Callable[[F32], F32], beat: F32, usual: _Usual, bed: I64, both: Bools) -> F64:
    """Log of the mean over the leads against that of the usual beat."""
    n = np.maximum(both.sum(axis=1), 1)
    measured = measure(np.concatenate((beat, usual.qrs)))
    now, before = ((of * both).sum(axis=1) / n for of in (measured[: len(beat)], measured[len(beat) :][bed]))
    ratio: F64 = np.log(np.maximum(now, 1e-3) / np.maximum(before, 1e-3))
    return ratio


def _steepness(x: F32) -> F32:
    """(n, 12, QRS_N) to (n, 12) steepest slope over peak-to-peak amplitude."""
    steepest: F32 = np.abs(x[..., 2::2] - x[..., :-2:2]).max(axis=-1)
    relative: F32 = steepest / np.maximum(x.max(axis=-1) - x.min(axis=-1), 1e-6)
    return relative


def _area(x: F32) -> F32:
    """(n, 12, QRS_N) to (n, 12) area against the median over peak-to-peak amplitude."""
    ordered = np.sort(x, axis=-1)
    area: F32 = np.abs(x - ordered[..., QRS_N // 2, None]).sum(axis=-1)
    relative: F32 = area / np.maximum(ordered[..., -1] - ordered[..., 0], 1e-6)
    return relative


def _other_waves(whole: F32, usual: F32, beat: F32, weight: F32) -> tuple[F64 | F32, ...]:
    p_likeness, p_ratio = _compared(whole[..., P_PART], usual[..., P_PART], weight)
    t_likeness, _ = _compared(whole[..., T_PART], usual[..., T_PART], weight)
    direction = beat.max(axis=2) + beat.min(axis=2)
    t_level = _mean(whole[..., T_PART][..., T_LEVEL]) - _mean(whole[..., DIASTOLE])
    size = (direction**2 * weight).sum(axis=1) * (t_level**2 * weight).sum(axis=1)
    discordance = (direction * t_level * weight).sum(axis=1) / np.maximum(np.sqrt(size), 1e-9)
    return t_likeness, discordance, p_likeness, np.log(np.sqrt(p_ratio) + 0.05)


def _compared(x: F32, usual: F32, weight: F32) -> tuple[F32, F32]:
    """Correlation of (n, 12, m) with (n, 12, m), leads weighted (n, 12), and the ratio of their powers."""
    x, usual = (one - _mean(one)[..., None] for one in (x, usual))
    joint, own, theirs = (
        (_energy(*pair) * weight).sum(axis=1) for pair in ((x, usual), (x, x), (usual, usual))
    )
    n = np.float32(x.shape[2])
    return joint / np.maximum(np.sqrt(own * theirs), 1e-9), own / n / np.maximum(theirs / n, 1e-9)


def _mean(x: F32) -> F32:
    """Over the last axis, without the detours of `ndarray.mean`."""
    mean: F32 = np.add.reduce(x, axis=-1) / np.float32(x.shape[-1])
    return mean
