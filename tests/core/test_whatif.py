"""Recorded hours under other settings: what would have been missed, what gained, at what rate."""

import json
from dataclasses import replace

import numpy as np
import pytest
from core_bedside import signal
from core_thread import core_running
from stored_alarm import store
from test_recording_core import assessed, play
from waveform_desk import pieces

from engine.grid import FS_HZ
from engine.scoremap import ScoreMap
from monitor.alarms.limits import Limits
from monitor.cli import main
from monitor.journal.reader import JournalReader
from monitor.journal.replayhash import replay_hashes
from monitor.recording import Recording
from monitor.whatif.episodes import Episode, compare
from monitor.whatif.setting import AtThreshold, Setting
from monitor.whatif.stored import stored_messages
from monitor.whatif.trial import try_out
from monitor.wire import Data
from simulators.patient.patient import Patient
from simulators.patient.presets import PRESETS
from simulators.patient.recording import write_record
from simulators.patient.story import Story
from simulators.patient.truth import truth


def whatif(capsys, *words):
    code = main(["whatif", *map(str, words), "--json"])
    captured = capsys.readouterr()
    return code, json.loads(captured.out) if captured.out else None, captured.err


@pytest.fixture(scope="module")
def record(tmp_path_factory):
    """20 s of tachycardia, at some 150/min."""
    path = tmp_path_factory.mktemp("records") / "fast"
    story = Story((PRESETS["tachycardia"],))
    known = truth(story, seed=1, fs_hz=250.0, n_samples=20 * 250)
    write_record(path, Patient(story, seed=1, fs_hz=250.0), known)
    return path


def test_a_wider_limit_misses_and_a_narrower_one_gains(record, capsys):
    code, value, _ = whatif(capsys, record, "--limit", "high_bpm=200", "--limit", "extreme_high_bpm=220")
    names = {event["name"] for event in value["missed"]}
    assert code == 0 and names >= {"heart_rate_high"} and value["gained"] == []
    assert value["conditions"]["heart_rate_high"] == {"original": 1, "changed": 0, "missed": 1, "gained": 0}
    assert value["original"]["alarms"] - value["changed"]["alarms"] == len(value["missed"])
    assert value["bed_hours"] == pytest.approx(20 / 3600, abs=1e-4)
    assert value["original"]["per_bed_hour"] == pytest.approx(value["original"]["alarms"] * 180, rel=0.01)
    (recording,) = value["recordings"]
    assert recording["changed"]["setting"]["limits"]["high_bpm"] == 200
    assert recording["original"]["hash"] != recording["changed"]["hash"]


def test_people_are_told_the_same(record, capsys):
    assert main(["whatif", str(record), "--off", "heart_rate_high"]) == 0
    shown = capsys.readouterr().out
    assert "alarms per bed-hour" in shown and "no longer raised: 1" in shown and "newly raised: 0" in shown


def test_what_is_not_changed_stays_the_same(record, scorer):
    from monitor.records import read_record, to_messages

    setting = Setting()
    trial = try_out("r", to_messages(read_record(record), "a.1"), (setting, setting), (scorer, scorer))
    assert trial.original.sha256 == trial.changed.sha256 and trial.original.episodes
    assert trial.comparison.missed == trial.comparison.gained == ()
    assert set(trial.comparison.later_s) == {0.0}


def test_a_journal_is_judged_as_it_was_and_as_it_would_be(scorer, tmp_path, capsys):
    x, journal = signal("tachycardia")[:, : 18 * FS_HZ], tmp_path / "journal"
    with core_running(scorer, journal, record=journal / "waveforms") as core:
        play(core, x, assessed(x.shape[1]))
    code, value, _ = whatif(capsys, journal, "--limit", "high_bpm=110")
    (recording,) = value["recordings"]
    with JournalReader(journal) as reader:
        (live,) = replay_hashes(reader.entries())
    assert code == 0 and recording["seconds"] == 18.0 and recording["name"].startswith("ward.1 run")
    assert recording["original"]["hash"] == live.sha256
    assert recording["changed"]["setting"]["limits"]["high_bpm"] == 110


def test_stored_waveform_comes_out_as_it_was_received(tmp_path):
    x = signal("sinus", seconds=12.0)
    valid = np.ones(x.shape, bool)
    valid[3, 500:900] = False
    present = np.arange(12) != 7
    valid[7] = False
    folder = store(tmp_path, pieces(x, valid=valid, present=present), alarms=[])
    recording = Recording(folder / "waveforms")
    (run,) = recording.runs("ward.1")
    hello, *data, bye = stored_messages(recording, "ward.1", run)
    assert len(hello.leads) == 11 and "V2" not in hello.leads and bye.reason
    sent = np.concatenate([np.frombuffer(one.payload, "<f4").reshape(-1, 11).T for one in data], axis=1)
    expected = np.where(valid, x, np.nan)[present]
    assert np.allclose(sent, expected, atol=6e-4, equal_nan=True)
    assert sum(one.n_samples for one in data if isinstance(one, Data)) == x.shape[1]


def test_a_threshold_stays_what_was_asked_on_every_way(scorer):
    said = ScoreMap("a.1", 2500, np.zeros((12, 1000), np.float32), 1.2, 1.0, None)

    class Said:
        model, backend = "m", "none"

        def score(self, signals, qualities, beats):
            return [said]

    (held,) = AtThreshold(Said(), 1.5).score(None, [], [])
    compared = replace(held, score=1.4, threshold=1.0, population=1.2)
    assert said.anomalous and not held.anomalous and not compared.anomalous
    assert compared.threshold == 1.5 and replace(compared, score=1.6).anomalous


def episode(name="pause", onset=100.0, ended=110.0, raised=None):
    return Episode(name, "patient", "medium", onset, raised or onset + 2, ended, "words")


@pytest.mark.parametrize(
    ("other", "same"),
    [
        (episode(onset=112.0, ended=115.0), True),
        (episode(onset=119.0, ended=None), True),
        (episode(onset=121.0, ended=130.0), False),
        (episode(onset=80.0, ended=89.0), False),
        (episode(onset=80.0, ended=None), True),
        (episode("asystole"), False),
    ],
)
def test_alarms_of_one_condition_close_in_time_are_one_event(other, same):
    found = compare([episode()], [other])
    assert (found.missed == (), found.gained == ()) == (same, same)


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ((), "nothing is changed"),
        (("--limit", "high_bpm"), "give NAME=VALUE"),
        (("--limit", "hihg=3"), "no alarm limit is called `hihg`"),
        (("--limit", "high_bpm=500"), "must be a number from 60 to 220"),
        (("--off", "asystole"), "cannot be switched off"),
        (("--threshold", "0"), "give a number above 0"),
        (("--threshold", "nan"), "give a number above 0"),
        (("--hop", "60"), "choose 0.1 to 10 s"),
        (("--model", "nobody"), "no model 'nobody'"),
        (("--off", "pause", "--bed", "ward.1"), "is no journal's folder"),
    ],
)
def test_refusals_come_before_the_hours(record, capsys, words, sentence):
    code, value, said = whatif(capsys, record, *words)
    assert (code, value) == (2, None) and sentence in said


def test_a_journal_without_waveforms_is_refused(tmp_path, capsys):
    from monitor.journal.journal import Journal

    with Journal(tmp_path):
        pass
    code, _, said = whatif(capsys, tmp_path, "--off", "pause")
    assert code == 2 and "no waveforms are stored" in said


def test_a_record_that_cannot_be_read_is_named_and_the_others_are_judged(record, tmp_path, capsys):
    code, value, said = whatif(capsys, tmp_path / "gone", record, "--off", "pause")
    assert code == 2 and "gone" in said and len(value["recordings"]) == 1


def test_settings_add_up():
    from monitor.whatif.setting import changed

    first = Setting(Limits().changed(off=frozenset({"pause"})))
    second = changed(first, {"low_bpm": 45.0}, frozenset({"pvc_run"}), threshold=1.3, model=None, hop_s=2.0)
    assert second.limits.off == {"pause", "pvc_run"} and second.limits.low_bpm == 45.0
    assert (second.threshold, second.model, second.hop_s) == (1.3, "mcr", 2.0)
