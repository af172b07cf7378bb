"""Floors on real recordings: below them something broke."""

from collections import Counter

import numpy as np
import pytest
import wfdb

from engine.beats import beats_of, find_beats
from engine.grid import FS_HZ, WINDOW_N
from engine.leads import LeadMap
from engine.quality import LeadState, assess_quality, quality_of
from engine.resample import resample_whole
from engine.signals import condition

pytestmark = pytest.mark.data

BEAT_SYMBOLS = set("NLRBAaJSVrFejnE/fQ?")
TOLERANCE_S = 0.15  # ANSI/AAMI EC57
PACED = {"107", "217"}
HOP_S = 5
FROM_S, TO_S = 300, 900  # the first five minutes are left out, as EC57 does


def read(path, from_s=0.0, to_s=None):
    """Signal of a record in standard leads at 250 Hz, its lead map and rate."""
    header = wfdb.rdheader(str(path))
    to_sample = None if to_s is None else min(round(to_s * header.fs), header.sig_len)
    record = wfdb.rdrecord(str(path), sampfrom=round(from_s * header.fs), sampto=to_sample)
    lead_map = LeadMap.from_names(record.sig_name)
    x = lead_map.apply(record.p_signal.T.astype(np.float32))
    return *resample_whole(x, np.isfinite(x), record.fs), lead_map, record.fs


def windows(recording, window_of, hop_s):
    x, valid, lead_map, _ = recording
    for end in range(WINDOW_N, x.shape[1] + 1, hop_s * FS_HZ):
        cut = slice(end - WINDOW_N, end)
        yield window_of(x[:, cut], valid[:, cut], lead_map.present, end_sample=end)


def matches(truth_s, found_s):
    """(true positives, misses, false beats): greedy one-to-one matching in time order."""
    hits, i, j = 0, 0, 0
    while i < len(truth_s) and j < len(found_s):
        distance = found_s[j] - truth_s[i]
        hits += abs(distance) <= TOLERANCE_S
        i, j = i + (distance >= -TOLERANCE_S), j + (distance <= TOLERANCE_S)
    return np.array([hits, len(truth_s) - hits, len(found_s) - hits])


def score_beats(path, window_of):
    recording = read(path, FROM_S, TO_S)
    signals = condition(list(windows(recording, window_of, HOP_S)))
    found = np.concatenate(
        [
            beats.r_peaks[(beats.r_peaks >= end - 7 * FS_HZ) & (beats.r_peaks < end - 2 * FS_HZ)]
            for beats, end in zip(
                find_beats(signals, assess_quality(signals)), signals.start + WINDOW_N, strict=True
            )
        ]
    )
    annotation = wfdb.rdann(str(path), "atr")
    at_s = annotation.sample / recording[3] - FROM_S
    symbols = np.array(annotation.symbol)
    truth_s = at_s[np.isin(symbols, list(BEAT_SYMBOLS))]
    flutter_s = at_s[symbols == "!"]
    return matches(*(_clear_of(flutter_s, times) for times in (truth_s, np.sort(found) / FS_HZ)))


def _clear_of(flutter_s, times_s):
    times_s = times_s[(times_s > 3) & (times_s < TO_S - FROM_S - 2)]
    if not flutter_s.size:
        return times_s
    return times_s[np.abs(times_s[:, None] - flutter_s).min(axis=1) > 0.4]


def rates(score):
    hits, missed, false = score
    return hits / (hits + missed), hits / (hits + false)


def test_mitdb(data_root, window_of):
    paths = sorted(path.with_suffix("") for path in (data_root / "mitdb").glob("*.hea"))
    scores = {path.name: score_beats(path, window_of) for path in paths}
    sensitivity, predictivity = rates(sum(score for name, score in scores.items() if name not in PACED))
    assert sensitivity > 0.997
    assert predictivity > 0.996
    paced_sensitivity, paced_predictivity = rates(sum(scores[name] for name in PACED))
    assert min(paced_sensitivity, paced_predictivity) > 0.995


@pytest.mark.parametrize(("record", "floor"), [("118e24", 0.999), ("118e06", 0.88)])
def test_nstdb(data_root, window_of, record, floor):
    assert min(rates(score_beats(data_root / "nstdb" / record, window_of))) > floor


def test_ludb(data_root, window_of):
    total = np.zeros(3, int)
    for number in range(1, 151, 3):
        path = data_root / "ludb" / "data" / str(number)
        recording = read(path)
        window = next(windows(recording, window_of, HOP_S))
        annotation = wfdb.rdann(str(path), "ii")
        truth_s = annotation.sample[np.array(annotation.symbol) == "N"] / recording[3]
        found_s = beats_of(window, quality_of(window)).r_peaks / FS_HZ
        annotated = (found_s > truth_s[0] - TOLERANCE_S) & (found_s < truth_s[-1] + TOLERANCE_S)
        total += matches(truth_s, found_s[annotated])
    assert min(rates(total)) > 0.995


def test_ill_hearts_are_not_noise(data_root, window_of):
    paths = sorted((data_root / "ptbxl" / "records100").glob("*/*.hea"))[::20]
    states = Counter(
        state
        for path in paths
        for window in windows(read(path.with_suffix("")), window_of, HOP_S)
        for state in quality_of(window).state
    )
    assert states[LeadState.OK] > 0.995 * states.total()


@pytest.mark.parametrize(("record", "rhythm"), [("426", "VF"), ("422", "VFIB"), ("611", "VT")])
def test_fibrillation_stays_assessable(data_root, window_of, record, rhythm):
    path = data_root / "vfdb" / record
    annotation = wfdb.rdann(str(path), "atr")
    notes = [
        (sample, note.strip("\0"))
        for sample, note in zip(annotation.sample, annotation.aux_note, strict=True)
    ]
    changes = [(sample, note[1:]) for sample, note in notes if note.startswith("(")]
    ends = [sample for sample, _ in changes[1:]] + [wfdb.rdheader(str(path)).sig_len]
    stretches = [
        (start / FS_HZ, end / FS_HZ)
        for (start, name), end in zip(changes, ends, strict=True)
        if name == rhythm and end - start >= WINDOW_N
    ]
    assessed = [
        quality_of(window).assessable.any()
        for start_s, end_s in stretches
        for window in windows(read(path, start_s, end_s), window_of, HOP_S)
    ]
    assert np.mean(assessed) > 0.95
