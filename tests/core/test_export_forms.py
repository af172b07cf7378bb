"""An alarm in other forms, read by other programs; what is missing is said in all of them."""

import json
import re
import sys
from dataclasses import replace

import numpy as np
import pytest
import wfdb
from core_bedside import signal
from stored_alarm import SPANS, alarm_of, store
from svg_ruler import groups
from waveform_desk import RUN, noise, pieces

from engine.grid import FS_HZ
from engine.leads import LEADS
from monitor.cli import main
from monitor.export.fhir import LEAD_CODES
from simulators.patient.presets import PRESETS
from simulators.patient.story import Story
from simulators.patient.truth import truth


@pytest.fixture(scope="module")
def patient(tmp_path_factory):
    return store(tmp_path_factory.mktemp("patient"), pieces(signal("sinus", seconds=40.0)))


def export(journal, *words, alarm="ward.1/7"):
    return main(["export", alarm, "--journal", str(journal), *map(str, words)])


def test_wfdb_with_annotations_that_wfdb_reads(patient, tmp_path):
    assert export(patient, "--format", "wfdb", "--out", tmp_path / "strip") == 0
    record, notes = wfdb.rdrecord(str(tmp_path / "strip")), wfdb.rdann(str(tmp_path / "strip"), "atr")
    assert tuple(record.sig_name) == LEADS and record.fs == FS_HZ and record.sig_len == 30 * FS_HZ
    original = signal("sinus", seconds=40.0)[:, 500:8000]
    assert np.allclose(record.p_signal.T, original, atol=0.0011)
    beats = notes.sample[np.array(notes.symbol) == "N"]
    assert 25 <= beats.size <= 60 and (np.diff(beats) > 50).all()
    said = {text: int(at) for at, text in zip(notes.sample, notes.aux_note, strict=True) if text}
    assert said["onset: HR 134 > 120"] == 2500 and said["(V3 anomaly 2.50"] == 2500
    assert said[")V3 anomaly 2.50"] == 2599 and said["raised: HR 134 > 120"] == 3500
    assert any("not a medical device" in line for line in record.comments)


BEATS = set("NSV/Q")


def test_wfdb_marks_each_beat_by_its_class(tmp_path):
    x = signal("pvc", seconds=100.0)
    known = truth(Story((PRESETS["pvc"],)), seed=1, fs_hz=250, n_samples=x.shape[1])
    folder = store(tmp_path / "journal", pieces(x), alarms=[alarm_of(onset=20_000, raised=21_000)])
    assert export(folder, "--format", "wfdb", "--out", tmp_path / "strip", "--before", 15) == 0
    notes = wfdb.rdann(str(tmp_path / "strip"), "atr")
    marked = {
        int(at) + 20_000 - 15 * FS_HZ: symbol
        for at, symbol in zip(notes.sample, notes.symbol, strict=True)
        if symbol in BEATS
    }
    expected = {beat.sample: beat.symbol for beat in known.beats}
    near = {at: min(expected, key=lambda one: abs(one - at)) for at in marked}
    assert all(abs(at - one) < 20 for at, one in near.items())
    ventricular = [at for at, symbol in marked.items() if symbol == "V"]
    assert ventricular and all(expected[near[at]] == "V" for at in ventricular)
    missed = [at for at in marked if expected[near[at]] == "V" and marked[at] != "V"]
    assert len(missed) <= 1 and "N" in marked.values()


def test_json_holds_evidence_and_samples(patient, capsys):
    assert export(patient, "--format", "json", "--out", "-", "--before", 1, "--after", 1) == 0
    value = json.loads(capsys.readouterr().out)
    assert value["evidence"]["score"]["score"] == 1.8 and value["spans"] == SPANS
    assert value["start_sample"] == 2750 and value["run"] == RUN and value["holes"] == []
    assert np.allclose(value["leads"]["V2"], signal("sinus", seconds=40.0)[7, 2750:3250], atol=0.001)


REQUIRED = {"status": str, "code": dict, "component": list, "effectivePeriod": dict, "category": list}


def test_fhir_is_an_r4_observation(patient, tmp_path):
    out = tmp_path / "o.json"
    assert export(patient, "--format", "fhir", "--out", out) == 0
    resource = json.loads(out.read_text())
    assert resource["resourceType"] == "Observation"
    assert all(isinstance(resource[name], kind) for name, kind in REQUIRED.items())
    assert resource["status"] in ("registered", "preliminary", "final", "amended")
    assert resource["code"]["coding"][0] == {
        "system": "http://loinc.org",
        "code": "11524-6",
        "display": "EKG study",
    }
    instant = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+00:00"
    for time in (*resource["effectivePeriod"].values(), resource["issued"]):
        assert re.fullmatch(instant, time)
    assert len(resource["component"]) == 12
    codes = {c["code"]["coding"][0]["code"] for c in resource["component"]}
    assert codes == {str(code) for code in LEAD_CODES.values()} and len(codes) == 12
    for component in resource["component"]:
        data = component["valueSampledData"]
        assert data["origin"]["system"] == "http://unitsofmeasure.org" and data["origin"]["code"] == "uV"
        assert data["period"] == 4.0 and data["dimensions"] == 1
        assert re.fullmatch(r"(?:(?:-?\d+|E|U|L)(?: |$))+", data["data"])
        assert len(data["data"].split()) == 7500
    lead_ii = np.array(resource["component"][1]["valueSampledData"]["data"].split(), float) / 1000
    assert np.allclose(lead_ii, signal("sinus", seconds=40.0)[1, 500:8000], atol=0.0011)


@pytest.fixture
def holed(tmp_path):
    """Lead V1 off, then a gap of all leads, then nothing recorded any more."""
    x = noise(2000)
    off = np.ones(x.shape, bool)
    off[6] = False
    first, second = pieces(x), pieces(x, 2000, valid=off, lead_off=[6])
    third = pieces(x[:, :500], 4500)
    return store(
        tmp_path, first, second, third, evidence={"score": {"reason": "gap", "score": None}, "spans": []}
    )


@pytest.mark.parametrize("form", ["svg", "json", "wfdb", "fhir"])
def test_what_is_missing_is_said_in_the_file_and_on_stderr(holed, tmp_path, capsys, form):
    out = tmp_path / f"strip.{form}"
    assert export(holed, "--format", form, "--out", out, "--before", 8, "--after", 12) == 0
    said = capsys.readouterr().err
    for words in ("NO SIGNAL: 12.0 to 14.0 s", "NOT STORED: 16.0 to 20.0 s", "V1: lead off for 8.0 s"):
        assert words in said
    text = (tmp_path / "strip.hea").read_text() if form == "wfdb" else out.read_text()
    assert "NOT STORED: 16.0 to 20.0 s" in text
    if form == "svg":
        _, found = groups(out)
        assert "NOT ASSESSED BY THE MODEL: gap" in text and "LEAD OFF" in text and "NO SIGNAL" in text
        assert {"hole-II-3500-rhythm-500", "hole-II-3500-rhythm-1500"} <= set(found)
    if form == "fhir":
        v1 = json.loads(text)["component"][6]["valueSampledData"]["data"].split()
        assert v1[1000:3000].count("E") == 2000 and "E" not in v1[:1000] and v1[-1] == "E"


@pytest.mark.parametrize("form", ["svg", "pdf", "json"])
def test_an_alarm_without_any_waveform_looks_like_no_strip(tmp_path, capsys, form):
    journal = store(tmp_path / "j", alarms=[alarm_of(), replace(alarm_of(), bed="ward.2")])
    out = tmp_path / f"strip.{form}"
    assert export(journal, "--format", form, "--out", out, "--after", 0) == 2
    assert "NO WAVEFORM IS STORED" in capsys.readouterr().err
    assert out.stat().st_size > 500
    if form == "svg":
        text = out.read_text()
        assert text.count("NOT STORED") >= 13 and "NO WAVEFORM IS STORED" in text
        assert not [name for name in groups(out)[1] if name.startswith("trace-")]


@pytest.mark.parametrize("form", ["wfdb", "fhir"])
def test_forms_that_need_samples_refuse_without_them(tmp_path, capsys, form):
    journal = store(tmp_path / "j")
    assert export(journal, "--format", form, "--out", tmp_path / "strip") == 2
    assert "NO WAVEFORM IS STORED" in capsys.readouterr().err
    assert list(tmp_path.glob("strip*")) == []


def test_damaged_segments_are_named(patient, tmp_path, capsys):
    journal = store(tmp_path / "j", pieces(signal("sinus", seconds=40.0)))
    (data,) = (journal / "waveforms").glob("*/*/*_a.dat")
    data.write_bytes(data.read_bytes()[:2000])
    assert export(journal, "--format", "json", "--out", tmp_path / "x") == 2
    said = capsys.readouterr().err
    assert "NO WAVEFORM IS STORED" in said and data.name in said and "Traceback" not in said


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["9"], "has no alarm 9"),
        (["ward.3/7"], "has no alarm 7 of bed ward.3"),
        (["seven"], "'seven' is no alarm"),
        (["ward.1/7", "--bed", "2"], "name two beds"),
        (["7"], "several beds have an alarm 7 (ward.1, ward.2)"),
        (["7", "--bed", "1", "--layout", "6x2"], "--layout 6x2: give 3x4 or 12x1"),
        (["7", "--bed", "1", "--before", "-1"], "--before -1: give 0 to"),
        (["7", "--bed", "1", "--format", "png", "--out", "-"], "needs a file"),
        (["7", "--bed", "1", "--out", "/nowhere/x.pdf"], "no folder /nowhere"),
        (["7", "--bed", "1", "--before", "0", "--after", "0.5"], "at least one second"),
    ],
)
def test_wrong_wishes_are_refused_in_one_sentence(tmp_path, capsys, words, sentence):
    journal = store(tmp_path, alarms=[alarm_of(), alarm_of(bed="ward.2")])
    assert main(["export", *words, "--journal", str(journal)]) == 2
    captured = capsys.readouterr()
    assert captured.out == "" and sentence in captured.err and len(captured.err.splitlines()) == 1


def test_without_matplotlib_the_way_to_get_it_is_said(patient, tmp_path, monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    assert export(patient, "--out", tmp_path / "x.pdf") == 2
    assert "pip install 'ecg-monitor[export]'" in capsys.readouterr().err


def test_alarms_are_listed_with_the_names_that_export_takes(patient, capsys):
    assert main(["journal", str(patient)]) == 0
    line = capsys.readouterr().out
    assert line.startswith("ward.1/7 ") and "HR 134 > 120" in line and "no waveform" not in line
    assert main(["journal", str(patient), "--bed", "1", "--json", "--name", "heart_rate_high"]) == 0
    value = json.loads(capsys.readouterr().out)
    assert (value["id"], value["run"], value["waveform"]) == (7, RUN, True)
    assert main(["journal", str(patient), "--name", "asystole"]) == 0
    assert capsys.readouterr().out == ""
