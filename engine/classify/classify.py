"""The class of every beat of windows, judged against what the patients' beats look like."""

from collections.abc import Sequence
from typing import Final

import numpy as np

from engine.arrays import F32, Bools, frozen
from engine.beatclass import I8, BeatClass, BeatClasses
from engine.beats import Beats
from engine.classify.features import FEATURES, WIDTH_UNIT_MS
from engine.classify.memory import BeatMemory, Judged
from engine.classify.network import BeatNetwork, load_network
from engine.classify.observe import Observation, observe
from engine.delineation.delineation import Delineation
from engine.delineation.segment import limited
from engine.grid import FS_HZ, WINDOW_N
from engine.quality import Quality
from engine.signals import Signals

JUDGED_AGE_S: Final = 3.0
"""A beat is judged anew at every hop until it has reached this age: then what follows it is known."""
EARLIEST: Final = -0.06
NARROW_MS: Final = 14.0
"""A beat whose log RR ratios lie above the one, and wider by less than the other, is not ventricular."""


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
    ventricular while nothing else is known of the patient. To judge settled beats again at every hop made
    their last classes no better: ventricular F1 0.938 either way, nine records of MIT-BIH. Model card:
    `engine/weights/beats.md`; figures: `ecg-monitor evaluate beats`.
    """
    seen, later = observe(signals, qualities, beats, delineations, memories)
    klass = seen.before.copy()
    klass[seen.fresh] = name_beats(seen.features[seen.fresh], network or load_network())
    klass[seen.paced] = BeatClass.PACED
    later = _with_judged(later, beats, seen, klass)
    klass[seen.fast_and_wide[seen.row.window] & (klass == BeatClass.NORMAL)] = BeatClass.VENTRICULAR
    of_windows = seen.row.split(frozen(klass)), seen.row.split(frozen(seen.qrs_ms))
    named = [
        BeatClasses(of.r_peaks, klass, qrs_ms, frozen(limited(of.p_coherence, 0, 1)))
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


def _with_judged(
    memories: Sequence[BeatMemory], beats: Sequence[Beats], seen: Observation, klass: I8
) -> list[BeatMemory]:
    """Remember the classes of the beats that are old enough."""
    old = seen.row.place < WINDOW_N - JUDGED_AGE_S * FS_HZ
    kept = seen.row.split(frozen(np.where(old, klass, np.int8(BeatClass.UNKNOWN))))
    return [
        memory.with_judged(Judged(one.r_peaks, classes, own)) if sees else memory
        for memory, one, classes, own, sees in zip(
            memories, beats, kept, seen.own.tolist(), seen.sees.tolist(), strict=True
        )
    ]


def _timely_and_narrow(features: F32) -> Bools:
    """Neither premature nor wider than the patient's own beats: not ventricular, however odd it looks."""
    local, typical = (features[:, FEATURES.index(name)] for name in ("rr_local", "rr_typical"))
    wider_ms = WIDTH_UNIT_MS * features[:, FEATURES.index("qrs_ratio")]
    timely: Bools = (local > EARLIEST) & (typical > EARLIEST) & (wider_ms < NARROW_MS)
    return timely
