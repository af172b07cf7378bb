"""The same samples give the same journal hash: at any speed over real sockets, and without sockets."""

import json
import os
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from core_bedside import signal
from core_thread import core_running

from engine.grid import FS_HZ
from engine.leads import LEADS
from monitor.alarms.alarm import Alarm, AlarmEvent, Kind, Phase, Priority, Transition
from monitor.analysis.analysis import BED, play
from monitor.cli import main
from monitor.feed import FeedReader
from monitor.journal.entry import Entry, EntryKind, alarm_entry, command_entry, event_of
from monitor.journal.journal import Journal
from monitor.journal.reader import JournalReader
from monitor.journal.replayhash import replay_hashes
from monitor.journal.trend import Trends
from monitor.pipeline import Pipeline
from monitor.records import Record, hello_of, read_record
from monitor.update import BedUpdate
from simulators.pace import Pace
from simulators.publisher import Publisher

DATA = Path(os.environ.get("ECG_MONITOR_DATA", Path(__file__).parents[3] / "shared" / "data"))
AHEAD_S = 2.0
"""A core that falls behind skips windows: the sender waits for it when it is further ahead."""


def told(record, scorer, bed=BED):
    """Entries as a core would make them, from the pipeline alone; the last tick is after the goodbye."""
    pipeline = Pipeline(scorer)
    outcomes = list(play(pipeline, record))
    outcomes += pipeline.tick(10**15)
    entries = [
        alarm_entry(replace(event, alarm=replace(event.alarm, bed=bed)), outcome.evidence)
        for outcome in outcomes
        for event in outcome.events
    ]
    trends = Trends()
    for outcome in outcomes:
        if outcome.hop is not None:
            entries += trends.add(replace(outcome.update, bed=bed), outcome.hop.st_mv)
    return replay_hashes([*entries, *trends.rest()])


def live(record, scorer, folder, speed):
    """Replay into a core over sockets; gives the hash of its journal."""
    pace, fs_hz = Pace(speed), record.fs_hz
    end, assessed, last = round(record.duration_s * FS_HZ), 0, None

    def follow(feed, satisfied):
        nonlocal assessed, last
        deadline = time.monotonic() + 60
        while not satisfied():
            assert time.monotonic() < deadline, "the recording was never assessed to its end"
            for value in feed.poll(0.2):
                if isinstance(value, BedUpdate):
                    assessed, last = max(assessed, value.end_sample), value

    with core_running(scorer, folder) as core, FeedReader(core.feed) as feed:
        while not list(feed.poll(1.0)):
            pass
        hello = hello_of(record, BED)
        with Publisher(core.data, BED, leads=hello.leads, fs_hz=fs_hz, lossless=True) as publisher:
            assert publisher.wait_for_monitor(20)
            for start in range(0, record.samples.shape[1], 20):
                pace.wait_until(start / fs_hz)
                publisher.send(record.samples[:, start : start + 20])
                upto = ((start + 20) / fs_hz - AHEAD_S) * FS_HZ
                follow(feed, lambda upto=upto: assessed >= upto)
        follow(feed, lambda: assessed >= end and last.source.state == "bye")
    with JournalReader(folder) as journal:
        assert {e.kind for e in journal.entries()} >= {EntryKind.START, EntryKind.ALARM, EntryKind.STOP}
        return replay_hashes(journal.entries())


@pytest.fixture(scope="module")
def patient():
    """Half a minute in which much happens: rates, runs, a pause, an asystole."""
    parts = (("tachycardia",), ("pvc", "asystole"), ("tachycardia",))
    x = np.concatenate([signal(*part, seconds=8.0) for part in parts], axis=1)
    return Record("made", "made.hea", 250.0, LEADS, x, (0.0,) * 12, 0.0, ())


@pytest.fixture(scope="module")
def expected(patient, scorer):
    (one,) = told(patient, scorer)
    assert one.n_entries >= 4
    return one


@pytest.mark.parametrize("speed", [50.0, pytest.param(1.0, marks=pytest.mark.slow)])
def test_a_simulated_patient_at_any_speed(patient, expected, scorer, tmp_path, speed):
    (one,) = live(patient, scorer, tmp_path / "journal", speed)
    assert one.notes == []
    assert (one.n_entries, one.sha256) == (expected.n_entries, expected.sha256)
    assert (one.n_minutes, one.minutes_sha256) == (1, expected.minutes_sha256)


@pytest.mark.data
@pytest.mark.slow
@pytest.mark.skipif(not DATA.is_dir(), reason=f"no recordings at {DATA} (ECG_MONITOR_DATA: another place)")
def test_a_recording_with_ectopic_beats(scorer, tmp_path):
    record = read_record(DATA / "mitdb" / "106", 300.0, 360.0)
    (one,) = told(record, scorer)
    for speed in (50.0, 4.0):
        (other,) = live(record, scorer, tmp_path / f"{speed:g}", speed)
        assert (other.n_entries, other.sha256, other.notes) == (one.n_entries, one.sha256, [])


def test_another_signal_limit_or_model_is_another_hash(patient, expected, scorer):
    other = replace(patient, samples=np.roll(patient.samples, 25, axis=1))
    assert told(other, scorer)[0].sha256 != expected.sha256


EVIDENCE = {
    "hop": True,
    "end_sample": 4000,
    "r_peaks": [1, 2],
    "spans": [],
    "limits": {"low_bpm": 50},
    "model": "m@1",
}


def entry(name="heart_rate_high", number=1, raised_ns=5, evidence=EVIDENCE, **more):
    values = {"onset_sample": 3000, "raised_sample": 4000, **more}
    alarm = Alarm(
        number, "a.1", name, Kind.PATIENT, Priority.MEDIUM, Phase.ACTIVE, "HR", raised_ns=raised_ns, **values
    )
    return alarm_entry(AlarmEvent(Transition.RAISED, alarm, raised_ns), evidence)


def hash_of(*entries):
    (one,) = replay_hashes(entries)
    return one


def test_time_of_day_ids_and_latency_are_no_part_of_it():
    late = {**EVIDENCE, "latency_ms": 900.0, "score": {"score": 1.2}}
    assert hash_of(entry()).sha256 == hash_of(entry(number=9, raised_ns=77, evidence=late)).sha256


@pytest.mark.parametrize(
    "other",
    [
        entry("heart_rate_low"),
        entry(onset_sample=3001),
        entry(raised_sample=4001),
        entry(evidence={**EVIDENCE, "model": "m@2"}),
        entry(evidence={**EVIDENCE, "limits": {"low_bpm": 51}}),
        entry(evidence={**EVIDENCE, "r_peaks": [1, 3]}),
        entry(evidence={**EVIDENCE, "spans": [{"lead": "V1", "onset": 1, "offset": 9, "strength": 1.0}]}),
    ],
)
def test_whatever_counts_samples_is(other):
    assert hash_of(entry()).sha256 != hash_of(other).sha256


def test_what_the_clock_tells_is_left_out_and_what_disturbs_is_named():
    slow = entry("not_keeping_up")
    asked = command_entry("acknowledge", "nurse 1", 6, "a.1")
    answered = alarm_entry(AlarmEvent(Transition.ACKNOWLEDGED, event_of(entry()).alarm, 6))
    one = hash_of(entry(), slow, entry("source_lost"), asked, answered)
    assert one.n_entries == 1 and one.sha256 == hash_of(entry()).sha256
    assert ["fell behind" in note or "nurse 1 acted" in note for note in one.notes] == [True, True]


def minute(**more):
    body = {"start_sample": 0, "end_sample": 15000, "n_windows": 60, "heart_rate_bpm": 71.0, "score_max": 0.4}
    return Entry(EntryKind.TREND, 9, {**body, **more}, "a.1")


def test_minutes_have_a_hash_of_their_own():
    one, other = hash_of(entry(), minute()), hash_of(entry(), minute(score_max=0.5, st_mv=[0.1]))
    assert (one.n_entries, one.n_minutes, one.sha256) == (1, 1, hash_of(entry()).sha256)
    assert one.minutes_sha256 == other.minutes_sha256 != hash_of(entry()).minutes_sha256
    assert one.minutes_sha256 != hash_of(entry(), minute(heart_rate_bpm=72.0)).minutes_sha256
    assert hash_of(minute()).n_entries == 0  # a bed that never alarmed


def test_the_command_prints_a_line_per_run_and_bed(patient, expected, scorer, tmp_path, capsys):
    with Journal(tmp_path) as journal:
        journal.append([Entry(EntryKind.START, 1, {"run": "r1"}), entry(), entry("asystole")])
        journal.append([Entry(EntryKind.START, 1, {"run": "r2"}), entry(), entry("asystole")])
    assert main(["journal", str(tmp_path), "--hash", "--json"]) == 0
    first, second = map(json.loads, capsys.readouterr().out.splitlines())
    assert (first["run"], second["run"], first["bed"], first["n_entries"]) == ("r1", "r2", "a.1", 2)
    assert first["sha256"] == second["sha256"]
    with Journal(tmp_path) as journal:
        journal.append([minute(), minute(start_sample=15000)])
    assert main(["journal", str(tmp_path), "--hash", "--bed", "a.1"]) == 0
    shown = capsys.readouterr().out
    assert first["sha256"] in shown and shown.count(" minutes  ") == 1 and "2 minutes" in shown
