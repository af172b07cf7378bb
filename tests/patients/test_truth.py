import json

import numpy as np
import pytest

from engine.leads import LEADS
from simulators.patient.patient import Patient
from simulators.patient.story import Story, load_story, single_rhythm
from simulators.patient.truth import truth


@pytest.mark.parametrize("seed", [1, 2, 3])
@pytest.mark.parametrize(
    ("preset", "tolerance"),
    [
        ("sinus", 2),
        ("tachycardia", 2),
        ("af", 2),
        ("pvc", 5),
        ("vt", 6),
        ("rbbb", 5),
        ("lbbb", 5),
        ("pac", 2),
    ],
)
def test_r_peaks_lie_where_the_signal_peaks(clean, preset, tolerance, seed):
    recording = clean(preset, 30, seed=seed)
    x = recording.samples - np.median(recording.samples, axis=1, keepdims=True)
    size = np.sqrt((x.astype(float) ** 2).mean(axis=0))
    for k in recording.peaks():
        assert abs(int(np.argmax(size[k - 30 : k + 31])) - 30) <= tolerance


def test_every_symbol_is_an_annotation_code(clean):
    symbols = {"sinus": "N", "lbbb": "L", "rbbb": "R", "vt": "V", "pac": "NA", "pvc": "NV", "af": "N"}
    for preset, expected in symbols.items():
        assert {beat.symbol for beat in clean(preset, 40).truth.beats} == set(expected)


def test_spans_of_ectopic_beats_cover_what_differs_from_sinus_rhythm(story_of):
    plain = story_of({"duration_s": 40})
    ectopic = story_of({"duration_s": 40, "ectopy": "pvc", "ectopy_per_minute": 10})
    first = next(beat for beat in ectopic.truth.beats if beat.symbol == "V")
    spans = [s for s in ectopic.truth.spans if s.onset <= first.sample < s.offset]
    assert {span.lead for span in spans} == set(LEADS)
    onset, offset = spans[0].onset, spans[0].offset
    apart = np.abs(ectopic.samples - plain.samples).max(axis=0)
    assert apart[: onset - 5].max() < 0.02
    assert apart[onset : first.sample].max() > 0.5
    assert 0.4 < (offset - onset) / 500 < 0.65


def test_st_spans_name_the_leads_that_moved(clean):
    recording = clean("st-elevation-inferior", 30)
    normal = clean("sinus", 30).st_mv()
    moved = {name: level - normal[name] for name, level in recording.st_mv().items()}
    labels = {span.lead: span.label for span in recording.truth.spans}
    for name, change in moved.items():
        if abs(change) > 0.13:
            assert labels[name] == ("ST elevation" if change > 0 else "ST depression")
        elif abs(change) < 0.06:
            assert name not in labels


def test_demo_tells_its_story():
    story = load_story("demo")
    known = truth(story, seed=1, fs_hz=500, n_samples=round(story.duration_s * 500))
    labels = {span.label for span in known.spans}
    assert labels == {"PVC", "VT", "ST elevation", "ST depression"}
    assert min(span.onset for span in known.spans) / 500 > 30  # a calm start
    (vt,) = [rhythm for rhythm in known.rhythms if rhythm.name == "ventricular tachycardia"]
    assert 12 <= (vt.offset - vt.onset) / 500 <= 15
    assert {(span.lead, span.label) for span in known.lead_off} == {("V2", "V2")}
    assert 180 <= story.duration_s <= 300


def test_truth_of_lead_off_is_sample_exact():
    story = load_story("demo")
    n = round(story.duration_s * 500)
    off = Patient(story, seed=1).read(n).lead_off
    (span,) = truth(story, seed=1, fs_hz=500, n_samples=n).lead_off
    assert np.flatnonzero(off[LEADS.index(span.lead)])[[0, -1]].tolist() == [span.onset, span.offset - 1]
    assert off.sum() == span.offset - span.onset


@pytest.mark.parametrize(
    ("preset", "label"),
    [("af", "AF"), ("vf", "VF"), ("asystole", "asystole"), ("lbbb", "LBBB"), ("vt", "VT")],
)
def test_episodes_are_one_span_per_lead(preset, label):
    known = truth(single_rhythm(preset), seed=0, fs_hz=500, n_samples=90 * 500)
    spans = [span for span in known.spans if span.label == label]
    assert sorted(span.lead for span in spans) == sorted(LEADS)
    assert all(span.offset - span.onset > 85 * 500 for span in spans)
    assert len(known.rhythms) == 1


def test_a_sooner_end_gives_the_beginning_of_the_same_truth():
    story = load_story("demo")
    long = truth(story, seed=9, fs_hz=250, n_samples=100 * 250)
    short = truth(story, seed=9, fs_hz=250, n_samples=50 * 250)
    assert long.beats[: len(short.beats)] == short.beats
    assert all(span.offset <= 50 * 250 for span in short.spans)


def test_json_round_trip():
    known = truth(Story(load_story("demo").acts), seed=1, fs_hz=500, n_samples=60_000)
    read = json.loads(known.to_json())
    assert read["fs_hz"] == 500
    assert read["beats"][0] == {"sample": known.beats[0].sample, "symbol": "N"}
    assert set(read["spans"][0]) == {"lead", "onset", "offset", "label"}
    assert len(read["spans"]) == len(known.spans)
