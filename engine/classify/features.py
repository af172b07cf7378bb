"""What a beat is judged by: numbers without unit, most of them relative to the patient's own beats."""

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
    families, bed, beat_at = memories.families.known, pieces.bed, np.arange(len(pieces))
    scale = lead_scale(families, pieces)
    like = compare(families, pieces, scale)
    usual = _Usual.of(families, of_beds)
    own = of_beds[bed]
    aligned = runs(pieces.qrs, QRS_N)
    beat = detrended(aligned[beat_at, :, like.lag[beat_at, own]])
    both = pieces.known & families.have[bed, own]
    weight: F32 = both.astype(np.float32) / scale[bed] ** 2
    form, direction = _form(beat)
    columns = np.stack(
        [
            *_shape(like.correlation[beat_at, own], beat, usual, bed, both, families.spread[bed, own]),
            np.log(like.gain[beat_at, own]),
            _residual(beat, usual, bed, weight),
            *_family(like.correlation, families, bed, own),
            *_width(qrs_ms[chosen], families, bed, own),
            *_against_usual(form, usual.form[:, bed], both),
            *_other_waves(pieces.whole, direction, usual, bed, weight),
            *(of_beat[chosen] for of_beat in timing.columns(row, memories.typical_rr_s)),
        ],
        axis=1,
    )
    described = both.any(axis=1) & (own >= 0)
    return np.where(described[:, None], columns, np.nan).astype(np.float32)


@dataclass(frozen=True, slots=True, eq=False)
class _Usual:
    """The usual beats of B patients."""

    qrs: F32
    """(B, 12, QRS_N) mV, without trend."""
    energy: F32
    """(B, 12) of `qrs`."""
    form: F32
    """(2, B, 12) of `qrs`."""
    p_wave: F32
    """(B, 12, n) mV, without mean."""
    t_wave: F32
    """(B, 12, n) mV, without mean."""

    @classmethod
    def of(cls, families: Families, own: I64) -> "_Usual":
        whole = families.shape[np.arange(own.size), own]
        qrs = detrended(whole[..., QRS_PART])
        waves = (_centred(whole[..., part]) for part in (P_PART, T_PART))
        return cls(qrs, _energy(qrs, qrs), _form(qrs)[0], *waves)


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


def _form(x: F32) -> tuple[F32, F32]:
    """Steepest slope and area against the median over peak-to-peak amplitude, (2, n, 12) of (n, 12, QRS_N),
    and the sum of highest and lowest, (n, 12) mV.
    """
    ordered = np.sort(x, axis=-1)
    lowest, middle, highest = (ordered[..., place] for place in (0, QRS_N // 2, -1))
    steepest = np.maximum.reduce(np.abs(x[..., 2::2] - x[..., :-2:2]), axis=-1)
    area = np.add.reduce(np.abs(x - middle[..., None]), axis=-1)
    return np.stack((steepest, area)) / np.maximum(highest - lowest, np.float32(1e-6)), highest + lowest


def _against_usual(form: F32, usual: F32, both: Bools) -> F64:
    """(2, n) log of the means over the leads against those of the usual beat; of (2, n, 12)."""
    n = np.maximum(both.sum(axis=1), 1)
    now, before = (np.maximum(np.add.reduce(of * both, axis=2) / n, 1e-3) for of in (form, usual))
    ratio: F64 = np.log(now / before)
    return ratio


def _other_waves(whole: F32, direction: F32, usual: _Usual, bed: I64, weight: F32) -> tuple[F64 | F32, ...]:
    p_likeness, p_ratio = _compared(whole[..., P_PART], usual.p_wave[bed], weight)
    t_likeness, _ = _compared(whole[..., T_PART], usual.t_wave[bed], weight)
    t_level = _mean(whole[..., T_PART][..., T_LEVEL]) - _mean(whole[..., DIASTOLE])
    both, own, theirs = _weighed((direction * t_level, direction**2, t_level**2), weight)
    discordance = both / np.maximum(np.sqrt(own * theirs), 1e-9)
    return t_likeness, discordance, p_likeness, np.log(np.sqrt(p_ratio) + 0.05)


def _compared(x: F32, usual: F32, weight: F32) -> tuple[F32, F32]:
    """Correlation of (n, 12, m) with (n, 12, m) without mean, leads weighted (n, 12), and the ratio of their
    powers.
    """
    x, n = _centred(x), np.float32(x.shape[2])
    joint, own, theirs = _weighed((_energy(x, usual), _energy(x, x), _energy(usual, usual)), weight)
    return joint / np.maximum(np.sqrt(own * theirs), 1e-9), own / n / np.maximum(theirs / n, 1e-9)


def _weighed(of_leads: tuple[F32, ...], weight: F32) -> F32:
    """(k, n) sums over the leads, of k times (n, 12)."""
    sums: F32 = np.add.reduce(np.stack(of_leads) * weight, axis=2)
    return sums


def _centred(x: F32) -> F32:
    """Free the last axis of its mean."""
    centred: F32 = x - _mean(x)[..., None]
    return centred


def _mean(x: F32) -> F32:
    """Over the last axis, without the detours of `ndarray.mean`."""
    mean: F32 = np.add.reduce(x, axis=-1) / np.float32(x.shape[-1])
    return mean
