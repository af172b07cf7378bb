"""The class of every beat of a window, judged against what the patient's beats look like."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from engine.arrays import F32, I64, Bools, frozen
from engine.beatclass import I8, BeatClass, BeatClasses
from engine.beats import Beats
from engine.classify.features import FEATURES, WIDTH_UNIT_MS, local_rr_s, measure_features
from engine.classify.memory import FAST_RR_S, FEW, WIDER_MS, BeatFacts, BeatMemory, remember
from engine.classify.network import BeatNetwork, load_network
from engine.classify.pieces import BEFORE_N, CENTRE_N, MAX_LAG, cut_pieces
from engine.delineation.delineate import QRS_SCALE
from engine.delineation.delineation import Delineation, Mark
from engine.delineation.segment import around, middle
from engine.delineation.wavelet import slopes
from engine.grid import FS_HZ
from engine.quality import Quality
from engine.signals import Signals
from engine.window import Window

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
EARLIEST: Final = -0.06
NARROW_MS: Final = 14.0
"""A beat whose log RR ratios lie above the one, and wider by less than the other, is not ventricular."""
WIDE_MS: Final = 140.0
"""While no other beats are known, fast ones wider than this are taken for ventricular tachycardia."""


@dataclass(frozen=True, slots=True, eq=False)
class Observation:
    """What can be measured of a window's beats."""

    features: F32
    """(n, len(FEATURES)) float32; a row of NaN where nothing is known."""
    qrs_ms: F32
    """(n,) float32."""
    paced: Bools
    """(n,)"""
    fast_and_wide: Bools
    """(n,), all the same: nothing but fast wide beats is known of the patient."""


def classify(
    signals: Signals,
    qualities: Sequence[Quality],
    beats: Sequence[Beats],
    delineations: Sequence[Delineation],
    memories: Sequence[BeatMemory],
    network: BeatNetwork | None = None,
) -> tuple[list[BeatClasses], list[BeatMemory]]:
    """Judge the beats of windows of different beds.

    Every beat is judged anew at every hop while it is in the window: what follows it, and what has been
    learned of the patient since, refine its class.

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
    observed, later = observe(signals, qualities, beats, delineations, memories)
    named = []
    for seen, delineation in zip(observed, delineations, strict=True):
        klass = name_beats(seen, network or load_network())
        p_wave = np.clip(delineation.p_coherence, 0, 1)
        named.append(BeatClasses(delineation.r_peaks, frozen(klass), frozen(seen.qrs_ms), frozen(p_wave)))
    return named, later


def name_beats(seen: Observation, network: BeatNetwork) -> I8:
    """Class of each observed beat, (n,) values of `BeatClass`."""
    known = np.isfinite(seen.features).any(axis=1)
    klass = np.full(known.size, BeatClass.UNKNOWN, np.int8)
    if known.any():
        chances = network.probabilities(seen.features[known])
        timely = _timely_and_narrow(seen.features[known])
        chances[timely, BeatClass.VENTRICULAR - BeatClass.NORMAL] = 0
        klass[known] = chances.argmax(axis=1) + BeatClass.NORMAL
        klass[seen.fast_and_wide & (klass == BeatClass.NORMAL)] = BeatClass.VENTRICULAR
    klass[seen.paced] = BeatClass.PACED
    return klass


def observe(
    signals: Signals,
    qualities: Sequence[Quality],
    beats: Sequence[Beats],
    delineations: Sequence[Delineation],
    memories: Sequence[BeatMemory],
) -> tuple[list[Observation], list[BeatMemory]]:
    """Measure what the beats of windows are judged by, and remember those that are old enough."""
    seen = [
        _observed(signals, i, *of)
        for i, of in enumerate(zip(qualities, beats, delineations, memories, strict=True))
    ]
    return [one for one, _ in seen], [memory for _, memory in seen]


def _observed(
    signals: Signals, i: int, quality: Quality, beats: Beats, delineation: Delineation, memory: BeatMemory
) -> tuple[Observation, BeatMemory]:
    n, window = beats.r_peaks.size, signals.windows[i]
    leads = np.flatnonzero(quality.assessable & signals.received[i].any(axis=1))
    qrs_ms: F32 = middle(delineation.of(Mark.QRS_OFFSET) - delineation.of(Mark.QRS_ONSET), axis=0)
    if not leads.size or not n:
        nothing = np.full((n, len(FEATURES)), np.nan, np.float32)
        return Observation(nothing, qrs_ms, np.zeros(n, np.bool_), np.zeros(n, np.bool_)), memory
    if memory.until >= window.end_sample:  # time went back: this is another stream
        memory = BeatMemory.empty()
    valid = signals.received[i, leads]
    bridged, x = signals.x[i, leads], signals.calm[i, leads]
    r_peaks = beats.r_peaks - window.start_sample
    pieces = cut_pieces(x, slopes(x, QRS_SCALE), valid, leads, r_peaks)
    rr_s, _, usual_s = local_rr_s(beats.r_peaks)
    early = np.log(rr_s / usual_s)
    for k in np.flatnonzero(_new(beats.r_peaks, window, memory)).tolist():
        facts = BeatFacts(int(beats.r_peaks[k]), float(early[k]), float(rr_s[k]), float(qrs_ms[k]))
        memory = remember(memory, pieces, k, facts)
    features = measure_features(pieces, beats.r_peaks, qrs_ms, memory)
    fast_and_wide = np.full(n, _wide_from_the_start(memory))
    return Observation(features, qrs_ms, _paced(bridged, x, r_peaks), fast_and_wide), memory


def _new(r_peaks: I64, window: Window, memory: BeatMemory) -> Bools:
    """Beats to be remembered now: settled, whole, and not remembered yet."""
    settled = r_peaks < window.end_sample - SETTLED_AGE_S * FS_HZ
    whole = r_peaks - window.start_sample >= BEFORE_N + MAX_LAG - CENTRE_N[0]
    return settled & whole & (r_peaks > memory.until + APART_S * FS_HZ)


def _paced(bridged: F32, clean: F32, r_peaks: I64) -> Bools:
    spikes = np.abs(bridged - clean)
    if not spikes.any():
        return np.zeros(r_peaks.size, np.bool_)
    size = spikes[:, around(r_peaks, *SPIKE_N, spikes.shape[1])].max(axis=2)
    beat = np.ptp(clean[:, around(r_peaks, *CENTRE_N, clean.shape[1])], axis=2)
    paced: Bools = (size > MIN_SPIKE * beat).mean(axis=0) > SPIKE_SHARE
    return paced


def _timely_and_narrow(features: F32) -> Bools:
    """Neither premature nor wider than the patient's own beats: not ventricular, however odd it looks."""
    local, typical = (features[:, FEATURES.index(name)] for name in ("rr_local", "rr_typical"))
    wider_ms = WIDTH_UNIT_MS * features[:, FEATURES.index("qrs_ratio")]
    timely: Bools = (local > EARLIEST) & (typical > EARLIEST) & (wider_ms < NARROW_MS)
    return timely


def _wide_from_the_start(memory: BeatMemory) -> bool:
    families, own = memory.families, memory.own
    if own < 0:
        return False
    fast_and_wide = families.rr_s[own] < FAST_RR_S and families.qrs_ms[own] > WIDE_MS
    narrower = (families.weight >= FEW) & (families.qrs_ms < families.qrs_ms[own] - WIDER_MS)
    return bool(fast_and_wide and not narrower.any())
