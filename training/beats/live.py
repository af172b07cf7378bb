"""Recordings through the beat chain as it runs at the bedside, hop by hop."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np

from engine.arrays import F32, I64
from engine.beatclass import I8
from engine.classify.classify import classify
from engine.classify.features import FEATURES
from engine.classify.memory import BeatMemory
from engine.classify.network import BeatNetwork
from engine.classify.observe import observe
from engine.delineation.delineate import delineate
from engine.grid import FS_HZ
from engine.signals import condition
from training.beats.recordings import HOP_S, Recording

JUDGED_AGE_S: Final = 2.0
"""Every beat is taken as the first window sees it that ends this long after it, or later."""


@dataclass(frozen=True, slots=True, eq=False)
class LiveBeats:
    """All beats of a record, each as it was judged."""

    r_peaks: I64
    """(n,) absolute samples."""
    klass: I8
    """(n,) values of `BeatClass`."""


def judge(recording: Recording, network: BeatNetwork, hop_s: int = HOP_S) -> LiveBeats:
    """Classify every beat of a record."""
    memory = BeatMemory.empty()
    r_peaks, klass = [np.zeros(0, np.int64)], [np.zeros(0, np.int8)]
    for window, quality, beats in recording.windows(hop_s):
        one = condition([window]), [quality], [beats]
        (found,), (memory,) = classify(*one, delineate(*one), [memory], network)
        due = _due(found.r_peaks, window.end_sample, hop_s)
        r_peaks.append(found.r_peaks[due])
        klass.append(found.klass[due])
    return LiveBeats(np.concatenate(r_peaks), np.concatenate(klass))


def describe(recording: Recording, hop_s: int = HOP_S) -> tuple[I64, F32]:
    """Places and features of every beat of a record, (n,) and (n, n_features)."""
    rows = list(_described(recording, hop_s))
    nothing = (np.zeros(0, np.int64), np.zeros((0, len(FEATURES)), np.float32))
    places, features = zip(nothing, *rows, strict=True)
    return np.concatenate(places), np.concatenate(features)


def _described(recording: Recording, hop_s: int) -> Iterator[tuple[I64, F32]]:
    memory = BeatMemory.empty()
    for window, quality, beats in recording.windows(hop_s):
        one = condition([window]), [quality], [beats]
        seen, (memory,) = observe(*one, delineate(*one), [memory])
        due = _due(beats.r_peaks, window.end_sample, hop_s)
        yield beats.r_peaks[due], seen.features[due]


def _due(r_peaks: I64, end_sample: int, hop_s: int) -> I64:
    age = end_sample - r_peaks
    first = round(JUDGED_AGE_S * FS_HZ)
    return np.flatnonzero((age >= first) & (age < first + hop_s * FS_HZ))
