"""Fit the weights of `engine.rhythm.irregularity`: `python -m training.irregularity [--data FOLDER]`.

Records of MIT-BIH and CPSC 2021 run through beats, delineation, classes and the memory of beats as at the
bedside. At every second the half minute before is described; one that lies in annotated atrial fibrillation
is to be told from one without any. Fitted on one part of the records, reported on the other.
"""

import sys
from pathlib import Path
from typing import Final

import numpy as np

from engine.arrays import F64, I64
from engine.classify.classify import classify
from engine.classify.memory import BeatMemory
from engine.classify.network import load_network
from engine.delineation.delineate import delineate
from engine.grid import FS_HZ
from engine.rhythm.history import History
from engine.rhythm.irregularity import FEATURES, SPAN_S, describe_intervals
from engine.sight import blind_before
from engine.signals import condition
from training.beats.recordings import Recording, read_recording
from training.rhythmfit import Described, Fit

FIT_ON: Final = {
    "mitdb": ("101", "107", "109", "114", "116", "119", "124", "203", "207", "209", "223"),
    "cpsc2021-af": ("data_101_6", "data_101_9", "data_35_10", "data_35_6", "data_8_2", "data_8_4"),
}
"""Without 217: where a pacemaker sets the pace, the intervals are not those of fibrillation."""
AF: Final = frozenset({"AFIB", "AFL"})
WITHIN: Final = 0.95
"""Share of the half minute from which on it lies in atrial fibrillation."""
PENALTY: Final = 0.003
MOST_PER_RECORD: Final = 300
"""Moments of one class of a record count for no more than so many."""


def describe(header: Path) -> Described:
    """Run a record and describe its half minutes."""
    record = header.with_suffix("")
    recording = read_recording(header.parent, header.stem)
    rows, ends = [], []
    for end_sample, history in _histories(recording):
        intervals = describe_intervals(history, end_sample)
        if intervals is not None:
            rows.append([intervals.entropy, intervals.p_wave])
            ends.append(end_sample / FS_HZ)
    truth = _truth(record, np.array(ends), recording.length_s)
    described = np.array(rows).reshape(-1, 1, len(FEATURES))
    return Described(header.stem, described, np.ones(described.shape[:2], np.bool_), truth)


def _histories(recording: Recording) -> list[tuple[int, History]]:
    memory, history, network = BeatMemory.empty(), History.empty(), load_network()
    found = []
    for window, quality, beats in recording.windows():
        signals, qualities = condition([window]), [quality]
        delineations = delineate(signals, qualities, [beats])
        (classes,), (memory,) = classify(signals, qualities, [beats], delineations, [memory], network)
        history = history.followed(window.end_sample, classes, blind_before(signals, qualities)[0])
        found.append((window.end_sample, history))
    return found


def _truth(record: Path, end_s: F64, duration_s: float) -> I64:
    """Judge half minutes by how much of them was annotated as atrial fibrillation."""
    import wfdb

    notes = wfdb.rdann(str(record), "atr")
    at_s = notes.sample / (notes.fs or wfdb.rdheader(str(record)).fs)
    said = [(note or "").strip("\x00 ") for note in notes.aux_note]
    changes = [(t, note[1:]) for t, note in zip(at_s, said, strict=True) if note.startswith("(")]
    ends = [t for t, _ in changes][1:] + [duration_s] * bool(changes)
    held_s = np.zeros(end_s.size)
    for (start, name), end in zip(changes, ends, strict=True):
        if name in AF:
            held_s += np.clip(np.minimum(end_s, end) - np.maximum(end_s - SPAN_S, start), 0.0, None)
    return np.where(held_s >= WITHIN * SPAN_S, 1, np.where(held_s == 0, 0, -1))


FIT: Final = Fit(FIT_ON, FEATURES, describe, PENALTY, MOST_PER_RECORD)

if __name__ == "__main__":
    sys.exit(FIT.run(__doc__))
