"""Minutes as they are journalled: the same from any replay of the samples, and summed up rightly."""

from dataclasses import replace

import numpy as np
import pytest
from core_bedside import BED, Device, signal

from engine.grid import FS_HZ
from monitor.journal.entry import EntryKind, canonical
from monitor.journal.trend import MINUTE_N, Trends
from monitor.pipeline import Pipeline

LEVELS = np.full(12, 0.05, np.float32)
NOWHERE = np.full(12, np.nan, np.float32)


def minutes_of(device):
    trends, entries = Trends(), []
    for outcome in device.outcomes:
        if outcome.hop is not None:
            entries += trends.add(outcome.update, LEVELS)
    return entries + trends.rest()


@pytest.fixture(scope="module")
def device(scorer):
    """50 s at some 75/min, then 30 s at some 150/min, of which the first ten are lost."""
    device = Device(Pipeline(scorer)).send(signal("sinus", seconds=50.0)).skip(10.0)
    return device.send(signal("tachycardia", seconds=20.0)).bye()


@pytest.fixture(scope="module")
def update(device):
    """A window of the sinus rhythm, as viewers see it."""
    return next(one.update for one in device.outcomes if one.hop and one.update.end_sample == 30 * FS_HZ)


def test_a_minute_sums_up_the_windows_that_end_in_it(device):
    whole, begun = (entry.body for entry in minutes_of(device))
    assert (whole["start_sample"], whole["end_sample"], whole["n_windows"]) == (0, MINUTE_N, 60)
    assert (begun["start_sample"], begun["end_sample"]) == (MINUTE_N, 80 * FS_HZ)
    assert 60 < whole["heart_rate_bpm"] < 90 and begun["heart_rate_bpm"] > 130
    assert whole["score_median"] < whole["score_max"] < begun["score_max"]
    assert begun["st_mv"] == [0.05] * 12 and whole["pvc_per_min"] == 0


def test_the_share_is_that_of_the_coverage(device):
    last = device.outcomes[-1].update.coverage
    shares = [(entry.body["assessed_share"], entry.body) for entry in minutes_of(device)]
    assessed_s = sum(share * (body["end_sample"] - body["start_sample"]) / FS_HZ for share, body in shares)
    assert 60 < assessed_s < 75 and assessed_s == pytest.approx(last.assessed_s, abs=0.01)
    assert all(share < 1 and body["reason"] for share, body in shares)


def test_any_chunking_and_any_clock_give_the_same_minutes(device, scorer):
    x = signal("sinus", seconds=50.0), signal("tachycardia", seconds=20.0)
    other = Device(Pipeline(scorer), start_ns=5).send(x[0], chunk_n=50).skip(10.0)
    other.send(x[1], chunk_n=125).bye()
    assert [canonical(one.body) for one in minutes_of(other)] == [
        canonical(one.body) for one in minutes_of(device)
    ]


def test_an_entry_is_of_its_bed_and_of_the_time_of_its_last_window(device):
    first, _ = minutes_of(device)
    last = next(one.update for one in device.outcomes if one.hop and one.update.end_sample == MINUTE_N)
    assert (first.kind, first.bed, first.time_ns) == (EntryKind.TREND, BED, last.time_ns)


def test_beds_do_not_mix_and_a_minute_without_a_window_leaves_no_entry(update):
    trends = Trends()
    assert trends.add(update, LEVELS) == [] and trends.add(replace(update, bed="b"), LEVELS) == []
    (entry,) = trends.add(replace(update, end_sample=5 * MINUTE_N + FS_HZ), LEVELS)
    assert (entry.bed, entry.body["end_sample"]) == (BED, 30 * FS_HZ)
    assert [(one.bed, one.body["start_sample"]) for one in trends.rest()] == [
        (BED, 5 * MINUTE_N),
        ("b", 0),
    ]
    assert trends.rest() == []


def test_what_was_not_measured_is_null_and_every_rhythm_counts(update):
    trends = Trends()
    vitals = replace(update.vitals, heart_rate_bpm=None)
    unknown = replace(update, vitals=vitals, score=None, reason="noise", pvc_per_min=None)
    for _ in range(3):
        trends.add(unknown, NOWHERE)
    (entry,) = trends.rest()
    empty = ("heart_rate_bpm", "score_median", "score_max", "pvc_per_min")
    assert [entry.body[name] for name in empty] == [None] * 4
    assert entry.body["st_mv"] == [None] * 12 and entry.body["reason"] == "noise"
    assert canonical(entry.body)
    for rhythm in ("V tach", "", "", "bigeminy", "bigeminy"):
        trends.add(replace(update, rhythm=rhythm, score=1.5, threshold=0.5, pvc_per_min=7), NOWHERE)
    (entry,) = trends.rest()
    assert entry.body["rhythms"] == {"V tach": 1, "bigeminy": 2}
    assert (entry.body["score_max"], entry.body["pvc_per_min"], entry.body["n_windows"]) == (3.0, 7, 5)
