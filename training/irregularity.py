"""Fit the weights of `engine.rhythm.irregularity`: `python -m training.irregularity [--data FOLDER]`.

Records of MIT-BIH and CPSC 2021 run through beats, delineation, classes and the memory of beats as at the
bedside. At every second the half minute before is described; one that lies in annotated atrial fibrillation
is to be told from one without any. Fitted on one part of the records, reported on the other.
"""

import argparse
import json
import sys
from dataclasses import dataclass
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
from training.beats.recordings import Recording, data_root, read_recording
from training.logistic import fit_logistic

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


@dataclass(frozen=True, slots=True, eq=False)
class Moments:
    """The described half minutes of one record."""

    record: str
    rows: F64
    """(n, n_features)"""
    truth: I64
    """(n,) 1 in atrial fibrillation, 0 without any, -1 for what does not count."""


def main() -> int:
    """Fit, and print the weights and what they do on both parts."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, help="folder with mitdb/ (default: $ECG_MONITOR_DATA)")
    root = data_root(parser.parse_args().data)
    headers = [path for name in FIT_ON for path in sorted((root / name).glob("*.hea"))]
    sets = [describe(path.parent, path.stem) for path in headers]
    chosen = [one for one in sets if any(one.record in names for names in FIT_ON.values())]
    mean, spread, weight, bias = fit(chosen)
    result = {
        "features": FEATURES,
        "mean": mean.round(3).tolist(),
        "spread": spread.round(3).tolist(),
        "weight": weight.round(3).tolist(),
        "bias": round(bias, 3),
        "records": {
            one.record: {"fitted": one in chosen, **_shares(one, (one.rows - mean) / spread @ weight + bias)}
            for one in sets
        },
    }
    json.dump(result, sys.stdout, indent=1)
    return 0


def describe(folder: Path, name: str) -> Moments:
    """Run a record and describe it."""
    recording = read_recording(folder, name)
    rows, ends = [], []
    for end_sample, history in _histories(recording):
        described = describe_intervals(history, end_sample)
        if described is not None:
            rows.append([described.entropy, described.p_wave])
            ends.append(end_sample / FS_HZ)
    truth = _truth(folder / name, np.array(ends), recording.length_s)
    return Moments(name, np.array(rows).reshape(-1, len(FEATURES)), truth)


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


def fit(sets: list[Moments]) -> tuple[F64, F64, F64, float]:
    """Fit a regression in which every record and class weighs alike."""
    rows, truth, weight = [], [], []
    for one in sets:
        for value in (0, 1):
            n = int((one.truth == value).sum())
            rows.append(one.rows[one.truth == value])
            truth.append(np.full(n, value))
            weight.append(np.full(n, min(n, MOST_PER_RECORD) / max(n, 1)))
    return fit_logistic(np.concatenate(rows), np.concatenate(truth), np.concatenate(weight), PENALTY)


def _shares(one: Moments, evidence: F64) -> dict[str, float | None]:
    """Share of the half minutes told right."""
    irregular, other = one.truth == 1, one.truth == 0
    return {
        "found": round(float((evidence[irregular] > 0).mean()), 4) if irregular.any() else None,
        "others_quiet": round(float((evidence[other] <= 0).mean()), 4) if other.any() else None,
    }


if __name__ == "__main__":
    sys.exit(main())
