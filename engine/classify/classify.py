"""The class of every beat of windows, judged against what the patients' beats look like."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from engine.arrays import F32, I64, Bools, frozen
from engine.beatclass import I8, BeatClass, BeatClasses
from engine.beats import Beats
from engine.classify.families import Families
from engine.classify.features import FEATURES, WIDTH_UNIT_MS, Timing, measure_features
from engine.classify.memory import (
    FAST_RR_S,
    FEW,
    WIDER_MS,
    BeatFacts,
    BeatMemory,
    Judged,
    Memories,
    own_family,
    remember,
)
from engine.classify.network import BeatNetwork, load_network
from engine.classify.pieces import BEFORE_N, MAX_LAG, Pieces, cut_pieces
from engine.delineation.beatrow import REACH_N, BeatRow, taking_part
from engine.delineation.delineation import Delineation, Mark
from engine.delineation.qrs import CENTRE_N
from engine.delineation.segment import middle
from engine.delineation.wavelet import held
from engine.grid import FS_HZ, WINDOW_N
from engine.quality import Quality
from engine.signals import Signals

SETTLED_AGE_S: Final = 1.2
"""A beat is remembered at this age: then its T wave and the next beat are in the window."""
JUDGED_AGE_S: Final = 3.0
"""A beat is judged anew at every hop until it has reached this age: then what follows it is known."""
APART_S: Final = 0.15
"""R peaks closer than this are one beat, seen again by another window."""
SPIKE_N: Final = (-45, 3)
"""Samples around the R peak among which a pacing spike makes a beat a paced one."""
MIN_SPIKE: Final = 0.2
"""A pacing spike is at least this share as high as the beat: small blips on a quiet line are none."""
SPIKE_SHARE: Final = 0.5
"""More than this share of the leads must show it."""
EARLIEST: Final = -0.06
NARROW_MS: Final = 14.0
"""A beat whose log RR ratios lie above the one, and wider by less than the other, is not ventricular."""
WIDE_MS: Final = 140.0
"""While no other beats are known, fast ones wider than this are taken for ventricular tachycardia."""


@dataclass(frozen=True, slots=True, eq=False)
class Observation:
    """What can be measured of the m beats of B windows."""

    row: BeatRow
    """The beats."""
    sees: Bools
    """(B,) windows with beats and a lead that shows them."""
    own: I64
    """(B,) the patient's own family; -1 where there is none."""
    fresh: Bools
    """(m,) beats to be judged now."""
    before: I8
    """(m,) class of the others, as judged before."""
    features: F32
    """(m, len(FEATURES)) float32; a row of NaN where nothing is known, or a beat is not fresh."""
    qrs_ms: F32
    """(m,) float32."""
    paced: Bools
    """(m,) fresh beats that follow a pacing spike."""
    fast_and_wide: Bools
    """(B,) nothing but fast wide beats is known of the patient."""


def classify(
    signals: Signals,
    qualities: Sequence[Quality],
    beats: Sequence[Beats],
    delineations: Sequence[Delineation],
    memories: Sequence[BeatMemory],
    network: BeatNetwork | None = None,
) -> tuple[list[BeatClasses], list[BeatMemory]]:
    """Judge the beats of windows of different beds.

    A beat is judged anew at every hop until it is `JUDGED_AGE_S` old, since what follows refines its class.
    After that it is judged again only when another family of beats has turned out to be the patient's own.

    Parameters
    ----------
    signals : Signals
        One window of each bed; call by call in the order of time, at any hop.
    qualities : sequence of Quality
        One for each window; only leads that it calls assessable take part.
    beats : sequence of Beats
        R peaks of each window.
    delineations : sequence of Delineation
        Of the same beats.
    memories : sequence of BeatMemory
        As the beds' windows before returned them; `BeatMemory.empty()` at first.
    network : BeatNetwork, optional
        The one that comes with the package if left out.

    Returns
    -------
    list of BeatClasses
        `UNKNOWN` where no lead can be compared with the patient's own beats.
    list of BeatMemory
        For the next windows.

    Notes
    -----
    Families of beats by correlation over the leads, as arrhythmia monitors keep them; prematurity, width and
    shape against the dominant family, with features after de Chazal, O'Dwyer and Reilly, IEEE Trans. Biomed.
    Eng. 51 (2004). Amplitudes count only against the patient's own. A tachycardia of wide beats is called
    ventricular while nothing else is known of the patient. Model card: `engine/weights/beats.md`; figures:
    `ecg-monitor evaluate beats`.
    """
    seen, later = observe(signals, qualities, beats, delineations, memories)
    klass = seen.before.copy()
    klass[seen.fresh] = name_beats(seen.features[seen.fresh], network or load_network())
    klass[seen.paced] = BeatClass.PACED
    later = _with_judged(later, beats, seen, klass)
    klass[seen.fast_and_wide[seen.row.window] & (klass == BeatClass.NORMAL)] = BeatClass.VENTRICULAR
    of_windows = seen.row.split(frozen(klass)), seen.row.split(frozen(seen.qrs_ms))
    named = [
        BeatClasses(of.r_peaks, klass, qrs_ms, frozen(np.clip(of.p_coherence, 0, 1)))
        for of, klass, qrs_ms in zip(delineations, *of_windows, strict=True)
    ]
    return named, later


def name_beats(features: F32, network: BeatNetwork) -> I8:
    """Class of beats by their features alone, (n,) values of `BeatClass`."""
    known = np.isfinite(features).any(axis=1)
    klass = np.full(known.size, BeatClass.UNKNOWN, np.int8)
    if known.any():
        chances = network.probabilities(features[known])
        timely = _timely_and_narrow(features[known])
        chances[timely, BeatClass.VENTRICULAR - BeatClass.NORMAL] = 0
        klass[known] = chances.argmax(axis=1) + BeatClass.NORMAL
    return klass


def observe(
    signals: Signals,
    qualities: Sequence[Quality],
    beats: Sequence[Beats],
    delineations: Sequence[Delineation],
    memories: Sequence[BeatMemory],
) -> tuple[Observation, list[BeatMemory]]:
    """Measure what the beats of windows are judged by, and remember those that are old enough."""
    row, leads = BeatRow.of(signals, beats), taking_part(signals, qualities)
    sees = leads.any(axis=1) & (row.n > 0)
    memories = [  # where time went back, this is another stream
        BeatMemory.empty() if used and memory.until >= window.end_sample else memory
        for memory, window, used in zip(memories, signals.windows, sees.tolist(), strict=True)
    ]
    stacked, timing, qrs_ms = Memories.of(memories), Timing.of(row), _qrs_ms(delineations)
    judged = _as_judged(row, signals.start, memories, own_family(stacked.families))
    before = np.where(sees[row.window], judged, np.int8(BeatClass.UNKNOWN))
    new = sees[row.window] & _new(row, stacked.until - signals.start)
    fresh = sees[row.window] & (new | (before == BeatClass.UNKNOWN))
    features, paced = np.full((len(row), len(FEATURES)), np.nan, np.float32), np.zeros(len(row), np.bool_)
    if fresh.any():
        paced[fresh] = _paced(signals, leads, row.only(fresh))
        r_peaks = row.place + signals.start[row.window]
        centres = np.concatenate([one.centres for one in delineations]) - signals.start[row.window]
        pieces = cut_pieces(signals, leads, row.moved(centres).only(fresh))
        facts = BeatFacts(r_peaks, timing.early, timing.before_s, qrs_ms)
        _remember(stacked, pieces, new[fresh], facts.at(fresh))
        features[fresh] = measure_features(pieces, fresh, row, timing, qrs_ms, stacked)
    own, wide = own_family(stacked.families), _wide_from_the_start(stacked.families)
    seen = Observation(row, sees, own, fresh, before, features, qrs_ms, paced, sees & wide)
    return seen, [stacked.of_bed(bed, memory) for bed, memory in enumerate(memories)]


def _qrs_ms(delineations: Sequence[Delineation]) -> F32:
    """(m,) QRS duration of all beats."""
    by_lead = [one.of(Mark.QRS_OFFSET) - one.of(Mark.QRS_ONSET) for one in delineations]
    qrs_ms: F32 = middle(np.concatenate(by_lead, axis=1), axis=0)
    return qrs_ms


def _as_judged(row: BeatRow, start: I64, memories: Sequence[BeatMemory], own: I64) -> I8:
    """(m,) class of the beats that were old enough in the window before; `UNKNOWN` for those to be judged."""
    shape = len(memories), max(1, *(memory.judged.r_peaks.size for memory in memories))
    places, classes = np.full(shape, -(2**62)), np.zeros(shape, np.int8)
    for bed, (memory, now) in enumerate(zip(memories, own.tolist(), strict=True)):
        judged = memory.judged
        if judged.own == now:
            places[bed, : judged.r_peaks.size] = judged.r_peaks - start[bed]
            classes[bed, : judged.r_peaks.size] = judged.klass
    apart = np.abs(row.place[:, None] - places[row.window])
    nearest = apart.argmin(axis=1)
    same = apart[np.arange(len(row)), nearest] <= APART_S * FS_HZ
    return np.where(same, classes[row.window, nearest], np.int8(BeatClass.UNKNOWN))


def _with_judged(
    memories: Sequence[BeatMemory], beats: Sequence[Beats], seen: Observation, klass: I8
) -> list[BeatMemory]:
    """Remember the classes of the beats that are old enough."""
    old = seen.row.place < WINDOW_N - JUDGED_AGE_S * FS_HZ
    kept = seen.row.split(np.where(old, klass, np.int8(BeatClass.UNKNOWN)))
    return [
        replace(memory, judged=Judged(one.r_peaks, frozen(classes), own)) if sees else memory
        for memory, one, classes, own, sees in zip(
            memories, beats, kept, seen.own.tolist(), seen.sees.tolist(), strict=True
        )
    ]


def _new(row: BeatRow, until: I64) -> Bools:
    """Beats to be remembered now: settled, whole, and not remembered yet."""
    settled = row.place < WINDOW_N - SETTLED_AGE_S * FS_HZ
    whole = row.place >= BEFORE_N + MAX_LAG - CENTRE_N[0]
    new: Bools = settled & whole & (row.place > until[row.window] + APART_S * FS_HZ)
    return new


def _remember(memories: Memories, pieces: Pieces, new: Bools, facts: BeatFacts) -> None:
    """Take new beats into memory: the first one of each bed, then the second ones, and so on."""
    rows = np.flatnonzero(new)
    bed = pieces.bed[rows]
    turn = np.arange(rows.size) - np.searchsorted(bed, bed)
    for k in range(int(turn.max(initial=-1)) + 1):
        now = rows[turn == k]
        remember(memories, pieces.at(now), facts.at(now), pieces)


def _paced(signals: Signals, leads: Bools, row: BeatRow) -> Bools:
    """(n,) beats that follow a pacing spike."""
    paced = np.zeros(len(row), np.bool_)
    if signals.calm is signals.x:
        return paced
    spike = row.cut(held(np.abs(signals.x - signals.calm), REACH_N), *SPIKE_N).max(axis=2)
    use, least = leads[row.window], SPIKE_SHARE * leads.sum(axis=1)[row.window]
    shown = ((spike > 0) & use).sum(axis=1) > least
    if shown.any():
        beat = np.ptp(row.only(shown).cut(held(signals.calm, REACH_N), *CENTRE_N), axis=2)
        high = (spike[shown] > MIN_SPIKE * beat) & use[shown]
        paced[shown] = high.sum(axis=1) > least[shown]
    return paced


def _timely_and_narrow(features: F32) -> Bools:
    """Neither premature nor wider than the patient's own beats: not ventricular, however odd it looks."""
    local, typical = (features[:, FEATURES.index(name)] for name in ("rr_local", "rr_typical"))
    wider_ms = WIDTH_UNIT_MS * features[:, FEATURES.index("qrs_ratio")]
    timely: Bools = (local > EARLIEST) & (typical > EARLIEST) & (wider_ms < NARROW_MS)
    return timely


def _wide_from_the_start(families: Families) -> Bools:
    """(B,) whether fast wide beats are the own ones, and none narrower is known."""
    own, bed = own_family(families), np.arange(len(families.weight))
    own_ms = families.qrs_ms[bed, own]
    fast_and_wide = (families.rr_s[bed, own] < FAST_RR_S) & (own_ms > WIDE_MS)
    narrower = (families.weight >= FEW) & (families.qrs_ms < own_ms[:, None] - WIDER_MS)
    wide: Bools = (own >= 0) & fast_and_wide & ~narrower.any(axis=1)
    return wide
