"""What can be measured of the beats of windows, before they are judged."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from engine.arrays import F32, I64, Bools
from engine.beatclass import I8, BeatClass
from engine.beats import Beats
from engine.classify.families import Families
from engine.classify.features import FEATURES, measure_features
from engine.classify.memory import FAST_RR_S, FEW, WIDER_MS, BeatMemory, own_family
from engine.classify.pieces import BEFORE_N, MAX_LAG, Pieces, cut_pieces
from engine.classify.remember import BeatFacts, Memories, remember
from engine.classify.timing import Timing
from engine.delineation.beatrow import BeatRow, taking_part
from engine.delineation.delineation import Delineation, Mark
from engine.delineation.qrs import CENTRE_N
from engine.delineation.segment import middle
from engine.grid import FS_HZ, WINDOW_N
from engine.quality import Quality
from engine.signals import Signals

SETTLED_AGE_S: Final = 1.2
"""A beat is remembered at this age: then its T wave and the next beat are in the window."""
APART_S: Final = 0.15
"""R peaks closer than this are one beat, seen again by another window."""
SPIKE_N: Final = (-45, 3)
"""Samples around the R peak among which a pacing spike makes a beat a paced one."""
MIN_SPIKE: Final = 0.2
"""A pacing spike is at least this share as high as the beat: small blips on a quiet line are none."""
SPIKE_SHARE: Final = 0.5
"""More than this share of the leads must show it."""
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
    own = own_family(stacked.families)
    judged = _as_judged(row, signals.start, memories, own)
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
        own = own_family(stacked.families) if new.any() else own
        features[fresh] = measure_features(pieces, fresh, row, timing, qrs_ms, stacked, own)
    wide = _wide_from_the_start(stacked.families, own)
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
    spike = np.abs(row.cut(signals.x, *SPIKE_N) - row.cut(signals.calm, *SPIKE_N)).max(axis=2)
    use, least = leads[row.window], SPIKE_SHARE * leads.sum(axis=1)[row.window]
    shown = ((spike > 0) & use).sum(axis=1) > least
    if shown.any():
        beat = np.ptp(row.only(shown).cut(signals.calm, *CENTRE_N), axis=2)
        high = (spike[shown] > MIN_SPIKE * beat) & use[shown]
        paced[shown] = high.sum(axis=1) > least[shown]
    return paced


def _wide_from_the_start(families: Families, own: I64) -> Bools:
    """(B,) whether fast wide beats are the own ones, and none narrower is known."""
    bed = np.arange(own.size)
    own_ms = families.qrs_ms[bed, own]
    fast_and_wide = (families.rr_s[bed, own] < FAST_RR_S) & (own_ms > WIDE_MS)
    narrower = (families.weight >= FEW) & (families.qrs_ms < own_ms[:, None] - WIDER_MS)
    wide: Bools = (own >= 0) & fast_and_wide & ~narrower.any(axis=1)
    return wide
