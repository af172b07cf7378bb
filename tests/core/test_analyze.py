import io
import json
from dataclasses import replace
from itertools import cycle

import numpy as np
import pytest
from core_bedside import signal
from core_live import alarms_of, live_alarms
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from engine.beats import Beats
from engine.grid import FS_HZ, WINDOW_N
from engine.leads import LEADS
from monitor.alarms.conditions import CONDITIONS
from monitor.analysis import analyze, document, print_report
from monitor.analysis.beat_track import BeatTrack
from monitor.cli import main
from monitor.pipeline import Hop
from monitor.pipeline.rhythm_watch import NOWHERE
from monitor.records import Record
from simulators.patient.patient import Patient
from simulators.patient.presets import PRESETS
from simulators.patient.recording import write_record
from simulators.patient.story import Story
from simulators.patient.truth import truth

STORY = ("sinus", "tachycardia", "asystole", "sinus")
FIELDS = {
    "record": str,
    "fs_hz": float,
    "duration_s": float,
    "leads": list,
    "r_peaks_s": list,
    "heart_rate_bpm": float,
    "windows": list,
    "spans": list,
    "alarms": list,
    "coverage": dict,
}


def record_of(x, fs_hz=250.0, leads=LEADS):
    return Record("made", "made.hea", fs_hz, tuple(leads), x, (0.0,) * len(leads), 0.0, ())


@pytest.fixture(scope="module")
def on_disk(tmp_path_factory):
    """30 s of a synthetic patient at 500 Hz, and the truth about it."""
    path = tmp_path_factory.mktemp("records") / "patient"
    story = Story((PRESETS["pvc"],))
    known = truth(story, seed=3, fs_hz=500.0, n_samples=30 * 500)
    write_record(path, Patient(story, seed=3, fs_hz=500.0), known)
    return path, known


@pytest.fixture
def analyzed(on_disk, capsys):
    assert main(["analyze", str(on_disk[0]), "--json"]) == 0
    return json.loads(capsys.readouterr().out)


def test_one_object_on_one_line_with_the_promised_fields(analyzed):
    assert list(analyzed) == list(FIELDS)
    assert all(isinstance(analyzed[name], kind) for name, kind in FIELDS.items())
    assert (analyzed["fs_hz"], analyzed["duration_s"], analyzed["leads"]) == (500.0, 30.0, list(LEADS))
    assert set(analyzed["windows"][0]) == {"start_s", "end_s", "score", "threshold", "assessed", "reason"}
    assert set(analyzed["coverage"]) == {"assessed_s", "not_assessed_s", "by_reason"}
    assert analyzed["coverage"]["assessed_s"] + analyzed["coverage"]["not_assessed_s"] == 30.0
    assert [(w["start_s"], w["end_s"]) for w in analyzed["windows"]] == [(k, k + 10) for k in range(21)]


NUMBER, NUMBER_OR_NULL, WORDS_OR_NULL = (float,), (float, type(None)), (str, type(None))
TABLES = {
    "windows": {
        "start_s": NUMBER,
        "end_s": NUMBER,
        "score": NUMBER_OR_NULL,
        "threshold": NUMBER_OR_NULL,
        "assessed": (bool,),
        "reason": WORDS_OR_NULL,
    },
    "spans": {"lead": (str,), "onset_s": NUMBER, "offset_s": NUMBER, "score": NUMBER},
    "alarms": {
        "name": (str,),
        "kind": (str,),
        "priority": (str,),
        "onset_s": NUMBER,
        "raised_s": NUMBER,
        "ended_s": NUMBER_OR_NULL,
        "text": (str,),
    },
}


@pytest.mark.parametrize("rhythms", [("sinus", "asystole", "vt"), ("standstill",)])
def test_every_row_has_the_promised_fields_and_types(scorer, rhythms):
    x = signal(*rhythms).copy()
    x[0, 1000:2500], x[7] = np.nan, 5.0
    text = json.dumps(document("made", analyze(record_of(x), scorer)), allow_nan=False)
    found = json.loads(text, parse_constant=pytest.fail)
    assert list(found) == list(FIELDS)
    for table, fields in TABLES.items():
        for row in found[table]:
            assert list(row) == list(fields)
            assert all(isinstance(row[name], kinds) for name, kinds in fields.items()), row
    assert found["alarms"] and found["windows"]
    assert all(isinstance(peak, float) for peak in found["r_peaks_s"])
    assert all(window["assessed"] == (window["reason"] is None) for window in found["windows"])
    assert {span["lead"] for span in found["spans"]} <= set(LEADS)
    assert {alarm["kind"] for alarm in found["alarms"]} <= {"patient", "technical"}
    assert {alarm["priority"] for alarm in found["alarms"]} <= {"high", "medium", "low"}
    coverage = found["coverage"]
    assert list(coverage) == ["assessed_s", "not_assessed_s", "by_reason"]
    assert sum(coverage["by_reason"].values()) == coverage["not_assessed_s"]


@pytest.mark.parametrize("fs_hz", [250, 360, 500])
def test_an_electrode_at_the_rail_is_told(scorer, fs_hz):
    x = signal("sinus", fs_hz=fs_hz).copy()
    t = np.arange(x.shape[1]) / fs_hz
    x[6] = np.clip(x[6] + 8 * np.sin(2 * np.pi * 0.1 * t), -5, 5)
    found = document("railed", analyze(record_of(x, float(fs_hz)), scorer))
    assert "SATURATED V1" in {alarm["text"] for alarm in found["alarms"]}
    assert "V1" not in {span["lead"] for span in found["spans"]}


def test_every_true_beat_once(analyzed, on_disk):
    true_s = np.array([beat.sample for beat in on_disk[1].beats]) / 500
    found_s = np.array(analyzed["r_peaks_s"])
    assert found_s.size == true_s.size
    assert np.abs(found_s - true_s).max() < 0.15


def test_ten_seconds_are_one_window(scorer):
    analysis = analyze(record_of(signal("sinus")[:, : 10 * FS_HZ]), scorer)
    assert [(w.start_s, w.end_s, w.reason) for w in analysis.windows] == [(0.0, 10.0, None)]
    assert analysis.coverage.assessed_s == 10.0


def test_less_than_a_window_is_one_window_not_assessed(scorer):
    found = document("short", analyze(record_of(signal("sinus")[:, : 6 * FS_HZ]), scorer))
    (window,) = found["windows"]
    assert (window["start_s"], window["end_s"], window["score"]) == (0.0, 6.0, None)
    assert window["assessed"] is False and "shorter" in window["reason"]
    assert len(found["r_peaks_s"]) > 3
    json.dumps(found, allow_nan=False)


@pytest.mark.parametrize("fs_hz", [100.0, 257.0, 360.0, 1000.0])
def test_ten_seconds_are_one_window_at_any_rate(scorer, fs_hz):
    x = Patient(Story((PRESETS["sinus"],)), fs_hz=fs_hz).read(round(10 * fs_hz)).samples
    analysis = analyze(record_of(x, fs_hz), scorer)
    assert [window.reason for window in analysis.windows][:1] == [None]
    assert analysis.windows[0].end_s == pytest.approx(10.0, abs=0.01)


def test_nan_flat_and_saturated_leads_are_masked_and_told(scorer):
    x = signal("sinus").copy()
    x[0], x[7], x[8, 1000:2000] = np.nan, 5.0, np.nan
    found = document("spoilt", analyze(record_of(x), scorer))
    assert found["heart_rate_bpm"] == pytest.approx(70, abs=12)
    assert "flat_leads" in {alarm["name"] for alarm in found["alarms"]}
    assert not {"I", "V2"} & {span["lead"] for span in found["spans"]}
    json.dumps(found, allow_nan=False)


def test_all_bad_is_not_assessed_and_no_number_is_made_up(scorer):
    found = document("flat", analyze(record_of(signal("sinus") * 0 + 1), scorer))
    assert found["heart_rate_bpm"] is None and found["r_peaks_s"] == [] and found["spans"] == []
    assert found["coverage"]["assessed_s"] == 0
    assert not any(window["assessed"] for window in found["windows"])


@pytest.mark.parametrize("leads", [("II",), ("MLII", "V1")])
def test_one_or_two_leads_work(scorer, leads):
    found = document(
        "few", analyze(record_of(signal("tachycardia")[[1, 6][: len(leads)]], leads=leads), scorer)
    )
    assert found["leads"] == ["II", "V1"][: len(leads)]
    assert "heart_rate_high" in {alarm["name"] for alarm in found["alarms"]}
    assert found["coverage"]["assessed_s"] == 20.0


def test_the_map_is_at_the_records_rate(on_disk, tmp_path, capsys):
    file = tmp_path / "map.npz"
    assert main(["analyze", str(on_disk[0]), "--json", "--map", str(file)]) == 0
    with np.load(file) as written:
        assert written["map"].shape == (12, 30 * 500)
        assert np.isfinite(written["map"]).all()
        assert (written["fs_hz"], list(written["leads"])) == (500.0, list(LEADS))


def test_a_bad_record_does_not_stop_the_others(on_disk, tmp_path, capsys):
    missing = str(tmp_path / "nobody")
    assert main(["analyze", missing, str(on_disk[0]), "--json"]) == 2
    out, err = capsys.readouterr()
    first, second = map(json.loads, out.splitlines())
    assert first["record"] == missing and "no recording" in first["error"]
    assert second["record"] == str(on_disk[0]) and second["windows"]
    assert err.startswith("ecg-monitor: no recording")


def test_a_map_of_several_records_is_refused(on_disk, tmp_path, capsys):
    assert main(["analyze", str(on_disk[0]), str(on_disk[0]), "--map", str(tmp_path / "m.npz")]) == 2
    assert "one record" in capsys.readouterr().err


def test_the_report_is_for_people(on_disk, capsys):
    assert main(["analyze", str(on_disk[0])]) == 0
    out = capsys.readouterr().out
    for word in ("heart rate", "30.0 s at 500 Hz", "assessed", "V6", "highest"):
        assert word in out


def test_a_narrow_report_cuts_no_alarm_short(scorer):
    analysis = analyze(record_of(signal("tachycardia")), scorer)
    alarms = tuple(replace(analysis.alarms[0], name=condition.name) for condition in CONDITIONS)
    console = Console(width=80, file=io.StringIO())
    print_report("made", replace(analysis, alarms=alarms), console)
    out = console.file.getvalue()
    assert "…" not in out
    assert all(condition.name in out for condition in CONDITIONS)


def test_live_over_sockets_gives_the_same_alarms(scorer, tmp_path):
    record = record_of(signal(*STORY, seconds=25.0, fs_hz=500), 500.0)
    offline = alarms_of(analyze(record, scorer).alarms)
    live = alarms_of(live_alarms(record, scorer, tmp_path))
    assert {"heart_rate_high", "asystole"} <= {name for name, *_ in offline}
    assert live == offline


@given(
    st.lists(st.integers(70, 700), min_size=1, max_size=60),
    st.lists(st.integers(-2, 2), min_size=200, max_size=200),
    st.integers(1, 6),
)
def test_beats_of_overlapping_windows_are_each_taken_once(intervals, jitters, hop_s):
    """Windows disagree by a few samples about the same beat, and miss it near their ends."""
    true = np.cumsum(intervals)
    track, jitter = BeatTrack(), cycle(jitters)
    for end in range(hop_s * FS_HZ, int(true[-1]) + (hop_s + 1) * FS_HZ, hop_s * FS_HZ):
        inside = true[(true >= end - WINDOW_N + 40) & (true < end - 60)]
        peaks = np.array([peak + next(jitter) for peak in inside], np.int64)
        track.add(Hop("b", end - WINDOW_N, end, None, Beats(peaks, peaks * 0, 1), None, (), NOWHERE))
    found = track.finish()
    assert found.size == true.size
    assert np.abs(found - true).max() <= 2


def test_windows_that_do_not_overlap_lose_no_beat():
    track = BeatTrack()
    for end in (WINDOW_N, 2 * WINDOW_N):
        peaks = np.arange(end - WINDOW_N + 100, end, 200)
        track.add(Hop("b", end - WINDOW_N, end, None, Beats(peaks, peaks * 0, 1), None, (), NOWHERE))
    assert track.finish().tolist() == [*range(100, 2500, 200), *range(2600, 5000, 200)]
