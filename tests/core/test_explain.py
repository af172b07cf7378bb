"""Why an alarm was raised: asked again, in words, with what is missing said."""

import json
from dataclasses import replace

import numpy as np
import pytest
from baseline_windows import lbbb, learned, windows
from core_bedside import signal
from core_thread import core_running
from stored_alarm import EVIDENCE, alarm_of, store
from test_recording_core import assessed, play
from waveform_desk import START_NS, S, pieces

from engine.patient.plain import to_json
from engine.scoremap import ScoreMap
from engine.span import Span
from monitor.alarms.conditions import CONDITIONS
from monitor.baseline import Note
from monitor.cli import main
from monitor.explain import own
from monitor.explain.answer import Answer, compare
from monitor.explain.measured import measured
from monitor.journal.entry import baseline_entry
from monitor.journal.journal import Journal
from monitor.journal.reader import JournalReader
from simulators.patient.act import Act


@pytest.fixture(scope="module")
def journal(scorer, tmp_path_factory):
    """A core's own: sinus rhythm, tachycardia, asystole."""
    folder = tmp_path_factory.mktemp("core") / "journal"
    told = (("sinus", 12.0), ("tachycardia", 10.0), ("asystole", 7.0))
    x = np.concatenate([signal(name, seconds=seconds) for name, seconds in told], axis=1)
    with core_running(scorer, folder, record=folder / "waveforms") as core:
        play(core, x, assessed(x.shape[1]))
    return folder


def ids(journal):
    with JournalReader(journal) as reader:
        return {story.raised.name: story.raised.id for story in reader.stories()}


def explain(capsys, journal, alarm, *words):
    code = main(["explain", str(alarm), "--journal", str(journal), "--json", *words])
    captured = capsys.readouterr()
    return code, json.loads(captured.out) if captured.out else None, captured.err


def test_a_rate_is_told_against_its_limit_and_comes_again(journal, capsys):
    code, value, _ = explain(capsys, journal, ids(journal)["heart_rate_high"])
    assert code == 0 and "above the limit of 120 /min" in value["measured"][0]
    assert value["measured"][1].count(",") >= 8, "the beats"
    assert value["again"]["raised_sample"] == value["alarm"]["raised_sample"]
    assert value["again"]["text"] == value["alarm"]["text"]


def test_every_backend_at_hand_says_the_same_as_live(journal, capsys):
    code, value, _ = explain(capsys, journal, ids(journal)["asystole"])
    asked = {one["name"]: one for one in value["backends"] if one["asked"]}
    assert code == 0 and {"onnx", "torch"} <= set(asked)
    assert all(one["why_not"] for one in value["backends"] if not one["asked"])
    found = value["agreement"]
    assert found["agree"] and found["score_apart"] < 0.001 and found["journalled_apart"] < 0.05
    live = value["evidence"]["score"]["score"]
    assert asked["onnx"]["score"] == pytest.approx(live, abs=0.05)
    live_spans = {(s["lead"], s["onset"], s["offset"]) for s in value["evidence"]["spans"]}
    again = {(s["lead"], s["onset"], s["offset"]) for s in asked["torch"]["spans"]}
    assert len(live_spans & again) >= 0.8 * len(live_spans)


def test_marks_name_lead_time_and_branch(journal, capsys):
    code, value, _ = explain(capsys, journal, ids(journal)["heart_rate_high"], "--backend", "onnx")
    assert code == 0 and [one["name"] for one in value["backends"]] == ["onnx"]
    start, end = value["window"]["start_sample"], value["window"]["end_sample"]
    assert end - start == 2500 and end == value["alarm"]["raised_sample"]
    assert value["marks"]
    for mark in value["marks"]:
        assert start <= mark["onset"] < mark["offset"] <= end and mark["strength"] >= 1
        assert 0 < sum(mark["readings"].values()) <= 1.001
    assert [one["strength"] for one in value["marks"]] == sorted(
        (one["strength"] for one in value["marks"]), reverse=True
    )
    total = sum(one["share"] for one in value["ingredients"])
    zero = value["backends"][0]["score"] - total
    assert len(value["ingredients"]) == 7 and abs(zero) < 5, "parts add up to the score, but for its zero"


def test_people_read_sentences(journal, capsys):
    assert main(["explain", str(ids(journal)["asystole"]), "--journal", str(journal)]) == 0
    said = capsys.readouterr().out
    assert "4 s of received signal without a QRS complex" in said and "backends agree" in said
    assert "its threshold" in said and "at the same sample" in said


def test_a_backend_that_is_not_here_is_not_at_hand(journal, capsys):
    code, value, _ = explain(capsys, journal, ids(journal)["asystole"], "--backend", "torch-cuda")
    (one,) = value["backends"]
    assert code == 0 and (one["asked"] or "GPU" in one["why_not"])


def test_without_waveform_what_was_journalled_is_still_told(tmp_path, capsys):
    code, value, _ = explain(capsys, store(tmp_path), "ward.1/7")
    assert code == 2 and value["not_asked"] == "the waveform of its window is not stored"
    assert value["agreement"] is None and value["backends"] == [] and value["again"] is None
    assert "NO WAVEFORM IS STORED" in value["window"]["holes"][0]
    assert "134.0 /min, 12 % above the limit of 120" in value["measured"][0]


def test_a_window_of_which_a_part_is_missing_says_which(tmp_path, capsys):
    x = signal("tachycardia", seconds=16.0)
    stored = pieces(x[:, 2000:], first=2000)
    code, value, _ = explain(capsys, store(tmp_path, stored, evidence=with_model()), "7")
    assert code == 0 and value["window"]["holes"] == ["NOT STORED: 10.0 to 8.0 s before the alarm"]
    assert value["window"]["stored_s"] == 8.0 and value["agreement"]["agree"]


def test_a_stretch_that_cannot_be_assessed_gives_its_reason(tmp_path, capsys):
    x = signal("sinus", seconds=16.0)
    flat = np.zeros_like(x)
    code, value, _ = explain(capsys, store(tmp_path, pieces(flat), evidence=with_model()), "7")
    assert code == 0 and {one["not_assessed"] for one in value["backends"] if one["asked"]} == {"flat"}
    assert any(sentence.endswith("NOT ASSESSED: flat") for sentence in value["sentences"])


def test_before_the_first_whole_window(tmp_path, capsys):
    early = alarm_of(onset=500, raised=1000)
    folder = store(tmp_path, pieces(signal("sinus", seconds=8.0)), alarms=[early], evidence=with_model())
    code, value, _ = explain(capsys, folder, "7")
    assert code == 0 and "before the first whole window" in value["not_asked"]


@pytest.mark.parametrize("model", ["other@123", "", None])
def test_a_model_that_is_not_installed(tmp_path, capsys, model):
    evidence = {**EVIDENCE, "model": model}
    folder = store(tmp_path, pieces(signal("sinus", seconds=16.0)), evidence=evidence)
    code, value, _ = explain(capsys, folder, "7")
    assert code == 0 and "is not installed" in value["not_asked"]


def test_refusals(journal, capsys):
    assert "no backend 'gpu'" in explain(capsys, journal, 1, "--backend", "gpu")[2]
    assert "has no alarm 99" in explain(capsys, journal, 99)[2]
    assert "is no alarm" in explain(capsys, journal, "x")[2]


def with_model():
    from engine.checkpoint import load_checkpoint
    from engine.scorer import WEIGHTS

    sha256 = load_checkpoint(WEIGHTS / "mcr.safetensors").sha256
    return {**EVIDENCE, "model": f"mcr@{sha256[:12]}"}


EMPTY = np.zeros((12, 1000), np.float32)


def answer(score, *spans, reason=None):
    return Answer("b", map=ScoreMap("a", 2500, EMPTY, score, 1.0, reason), spans=spans)


@pytest.mark.parametrize(
    ("answers", "agree"),
    [
        ([answer(1.2, Span(1, 100, 200, 1.5)), answer(1.2049, Span(1, 102, 201, 1.6))], True),
        ([answer(1.2), answer(1.3)], False),
        ([answer(1.2, Span(1, 100, 200, 1.5)), answer(1.2)], False),
        ([answer(1.2, Span(1, 100, 200, 1.5)), answer(1.2, Span(2, 100, 200, 1.5))], False),
        ([answer(1.2, Span(1, 100, 200, 1.5)), answer(1.2, Span(1, 120, 200, 1.5))], False),
        ([answer(float("nan"), reason="noise"), answer(1.2)], False),
        ([answer(float("nan"), reason="noise"), answer(float("nan"), reason="noise")], True),
    ],
)
def test_agreement_is_of_scores_and_of_spans(answers, agree):
    assert compare(answers, 1.2).agree is agree


@pytest.mark.parametrize("condition", CONDITIONS, ids=lambda condition: condition.name)
@pytest.mark.parametrize("evidence", [{}, EVIDENCE, {"rhythm": None, "vitals": None, "r_peaks": [5]}])
def test_evidence_of_any_alarm_may_lack_anything(condition, evidence):
    said = measured(replace(alarm_of(), name=condition.name), evidence)
    assert all(sentence.strip() and sentence[0].isupper() for sentence in said)


RHYTHM = {
    "run": {"n_beats": 6, "first_sample": 3600, "last_sample": 3990, "rate_bpm": 150.0},
    "waves": {"evidence": 3.2, "regularity": 0.9, "rate_bpm": 200.0},
    "irregularity": {"evidence": 1.5, "rmssd_share": 0.3, "onset_sample": 0},
    "pause_s": 2.6,
    "pvc_per_min": 14,
    "pattern": "bigeminy",
}


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("ventricular_tachycardia", "6 ventricular beats in a row at 150/min, the first 1.6 s before"),
        ("ventricular_fibrillation", "log odds 3.2"),
        ("atrial_fibrillation", "differ from one to the next by 30 % of their mean"),
        ("pause", "Longest interval 2.6 s, 30 % above the limit of 2 s"),
        ("frequent_pvc", "14.0 /min, 40 % above the limit of 10"),
        ("extreme_tachycardia", "Median rate over 5 beats 150.0 /min, 7 % above the limit of 140"),
        ("st_deviation", "V2 +0.15 mV, V3 +0.12 mV"),
        ("lead_off", "V6 off"),
    ],
)
def test_what_was_measured_is_told_in_numbers(name, says):
    st_mv = [0.0] * 7 + [0.15, 0.12, None, 0.0, 0.0]
    peaks = [3600, 3700, 3800, 3900, 4000]
    evidence = {**EVIDENCE, "rhythm": RHYTHM, "r_peaks": peaks, "st_mv": st_mv}
    assert says in " ".join(measured(replace(alarm_of(), name=name), evidence))


def test_the_baseline_in_force_is_the_one_learned_last_and_not_let_go(tmp_path):
    baseline = learned(windows(lbbb(120)))
    with Journal(tmp_path) as journal:
        notes = [Note("learned", "", "", to_json(baseline)), Note("let go", "")]
        journal.append([baseline_entry(note, START_NS + k * S, "a.1") for k, note in enumerate(notes)])
        assert own.baseline_at(journal, "a.1", START_NS - 1) is None
        found = own.baseline_at(journal, "a.1", START_NS)
        assert found is not None and found.population == pytest.approx(baseline.population)
        assert own.baseline_at(journal, "a.1", START_NS + 2 * S) is None
        assert own.baseline_at(journal, "b.1", START_NS) is None


def test_the_own_score_is_taken_apart_into_what_counts():
    baseline = learned(windows(lbbb(120)))
    usual, other = windows(lbbb(120))[-1], windows(Act(30.0))[-1]
    score, said = own.told(baseline, other)
    expected = baseline.compare(other, other.prepared).score
    assert score == pytest.approx(expected) and score > 1
    assert f"score is {expected:.2f}" in said[0]
    counted = float(said[1].rsplit("(", 1)[1].split(")")[0])
    assert counted == pytest.approx(expected, abs=0.006), "the way that counts is the score"
    assert own.told(baseline, usual)[0] < 1
    marked = said[-1].removeprefix("Marked against it, seconds before the alarm: ")
    assert marked != said[-1] and any(lead in marked for lead in ("I ", "V1", "V6"))
