"""What is learned of a patient, and what is not."""

import json
import pickle
from dataclasses import fields, replace

import numpy as np
import pytest
from baseline_windows import lbbb, learned, lessons, own_scores, unassessed, windows
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from engine.errors import ModelError
from engine.patient.baseline import PatientBaseline
from engine.patient.kept_lesson import KeptLesson
from engine.patient.lesson import Lesson, comparable, lesson_of
from engine.patient.plain import from_json, to_json
from engine.patient.usual_beat import MISSING, STEP, compressed, packed
from simulators.patient.act import Act

CALM = (lbbb(120),)
ECTOPIC = (lbbb(120, ectopy="pvc", ectopy_per_minute=10),)


@pytest.fixture(scope="module")
def calm():
    return learned(windows(*CALM))


def test_what_a_patient_always_has_is_usual(calm):
    assert (own_scores(calm, windows(*CALM)) < 0.8).all()
    assert calm.population == 2.0
    assert calm.is_abnormal


def test_beats_of_another_shape_are_not_usual_though_normal_for_others(calm):
    assert (own_scores(calm, windows(Act(60.0))) > 1).all()


def test_a_minority_of_premature_beats_in_the_learning_time_does_not_become_normal(calm):
    ectopic = learned(windows(*ECTOPIC))
    runs = windows(lbbb(60, ectopy="run", ectopy_per_minute=12))
    for baseline in (calm, ectopic):
        scores = own_scores(baseline, runs)
        assert (scores > 1).mean() > 0.7
        assert (own_scores(baseline, windows(*CALM)) < 1).all()
    assert ectopic.usual.share < 0.97
    np.testing.assert_allclose(ectopic.usual.middle, calm.usual.middle, atol=0.25)


def test_a_new_st_segment_of_0_3_mv_is_not_usual(calm):
    raised = windows(lbbb(20), lbbb(40, st_territory="anterior", st_mv=0.3, ramp_s=2))
    assert (own_scores(calm, raised)[-4:] > 1).all()


@settings(max_examples=10, deadline=None)
@given(st.randoms(use_true_random=False))
def test_the_order_of_lessons_does_not_matter(random):
    taught = lessons(windows(*ECTOPIC))
    shuffled = list(taught)
    random.shuffle(shuffled)
    left, right = PatientBaseline.learn(taught), PatientBaseline.learn(shuffled)
    assert to_json(left) == to_json(right)


@settings(max_examples=20, deadline=None)
@given(st.integers(-5, 5), st.integers(0, 11))
def test_a_beat_found_a_little_early_or_late_lies_no_farther(shift, lead):
    baseline = learned(windows(*CALM))
    prepared = windows(*CALM)[3].prepared
    beats = np.roll(prepared.beats, shift, axis=2)
    before, _ = baseline.usual.distances(prepared.beats, prepared.beats_valid)
    after, shifts = baseline.usual.distances(beats, prepared.beats_valid)
    whole = np.flatnonzero((prepared.beats_valid > 0).all(axis=(1, 2)))
    if whole.size:
        np.testing.assert_allclose(after[whole], before[whole], atol=0.35)
        assert set(shifts[whole]) <= set(range(-6, 7))


def test_nothing_is_learned_from_a_window_that_was_not_assessed():
    one = windows(*CALM)[0]
    with pytest.raises(ValueError, match="not assessed"):
        lesson_of(unassessed(one), one.prepared, 0)


def test_fibrillation_has_no_usual_beat():
    found = windows(Act(120.0, rhythm="ventricular fibrillation"))
    assert PatientBaseline.learn(lessons(found)) is None
    assert PatientBaseline.learn([]) is None


@pytest.mark.parametrize(
    "rhythm", ["ventricular fibrillation", "ventricular tachycardia", "atrial fibrillation"]
)
def test_another_rhythm_is_never_as_usual(calm, rhythm):
    assert (own_scores(calm, windows(Act(60.0, rhythm=rhythm))) > 1).all()


def test_what_cannot_be_compared_keeps_its_score_against_all_people(calm):
    silent = windows(Act(30.0, rhythm="asystole"))
    assert (own_scores(calm, silent[1:]) == 2.0).all()
    other_leads = learned(windows(*CALM, leads=(6, 7)))
    assert (own_scores(other_leads, windows(*CALM, leads=(0, 1))) == 2.0).all()


def test_a_lead_that_is_gone_changes_little_and_a_new_one_is_not_excused(calm):
    few = windows(*CALM, leads=(1, 6))
    assert (own_scores(calm, few) < 1).all()
    baseline = learned(few)
    assert baseline.usual.leads.tolist() == [lead in (1, 6) for lead in range(12)]
    one = windows(*CALM)[0]
    marked = np.zeros_like(one.map)
    marked[3] = 4.0
    strange = replace(one, map=marked)
    judged = baseline.judge(strange, baseline.compare(strange, strange.prepared))
    assert (judged.map[3] == 4.0).all()


def test_a_jump_against_all_people_is_anomalous_whatever_the_beats_look_like(calm):
    jumped = replace(windows(*CALM)[0], score=calm.population + 2.5)
    assert own_scores(calm, [jumped])[0] > 1


def test_a_baseline_survives_json(calm):
    back = from_json(json.loads(json.dumps(to_json(calm), allow_nan=False)))
    np.testing.assert_allclose(
        own_scores(back, windows(*ECTOPIC)), own_scores(calm, windows(*ECTOPIC)), atol=0.01
    )
    assert to_json(back) == to_json(calm)


@pytest.mark.parametrize("spoil", [{"format": 9}, {"leads": [0]}, {"middle": "x"}, {"unit": None}])
def test_a_damaged_baseline_is_refused(calm, spoil):
    with pytest.raises(ModelError, match="learn it again"):
        from_json({**to_json(calm), **spoil})


def test_marks_lie_on_the_premature_beats(calm):
    found = windows(lbbb(60, ectopy="pvc", ectopy_per_minute=10))
    n_marked = 0
    for one in found:
        comparison = calm.compare(one, one.prepared)
        distance, _ = calm.usual.distances(one.prepared.beats, one.prepared.beats_valid)
        distance = np.where(comparable(one.prepared), distance, 0)
        if comparison.farthest > 6:
            far = one.prepared.beat_starts[distance / calm.unit > 4]
            peak = int(comparison.map.max(axis=0).argmax())
            assert comparison.map.max() > 1
            assert any(start <= peak < start + 80 for start in far)
            n_marked += 1
    assert n_marked


def test_compressed_amplitude_keeps_signs():
    assert compressed(np.array([-1.0, 0.0, 1.0], np.float32)).tolist() == pytest.approx(
        [-2.998, 0, 2.998], abs=0.01
    )


@settings(max_examples=50, deadline=None)
@given(st.floats(-28, 28), st.floats(0.01, 100))
def test_packed_beats_lie_within_half_a_step(amplitude_mv, share):
    beats = np.array([amplitude_mv, amplitude_mv * share], np.float32)
    steps = packed(beats, np.ones(2, np.bool_))
    assert (steps != MISSING).all()
    whole = np.abs(compressed(beats)) < 127 * STEP
    np.testing.assert_allclose(compressed(steps)[whole], compressed(beats)[whole], atol=0.5 * STEP + 1e-5)
    assert (np.sign(steps) == np.sign(np.rint(compressed(beats) / STEP))).all()


def test_what_is_missing_of_a_beat_is_known_of_its_lesson():
    few = windows(*CALM, leads=(1, 6))[1]
    lesson = lesson_of(few, few.prepared, 0)
    assert lesson.beats.dtype == np.int8
    assert lesson.valid.any(axis=(0, 2)).tolist() == [lead in (1, 6) for lead in range(12)]


def test_lessons_of_five_minutes_fit_into_little_memory():
    kept = sum(len(KeptLesson.of(lesson).body) for lesson in lessons(windows(*CALM)))
    assert kept * 300 / 120 < 300_000


@given(hnp.arrays(np.int8, st.tuples(st.integers(0, 5), st.just(12), st.just(80))), st.floats())
def test_a_lesson_is_kept_without_loss(beats, number):
    r_samples = np.arange(len(beats), dtype=np.int64) * 250
    level = np.linspace(0, 3, 12, dtype=np.float32)
    lesson = Lesson(2500, number, -number, level, r_samples, beats)
    kept = pickle.loads(pickle.dumps(KeptLesson.of(lesson)))
    for field in fields(Lesson):
        np.testing.assert_array_equal(getattr(kept.lesson, field.name), getattr(lesson, field.name))
    later = kept.after(250)
    np.testing.assert_array_equal(later.lesson.beats, lesson.after(250).beats)
    assert later.r_samples == tuple(r_samples[2:].tolist())
    assert kept.after(-1000) is kept


def test_steps_of_lessons_move_no_usual_beat(calm):
    taught = lessons(windows(*CALM))
    beats = [lesson.beats for lesson in taught]
    exact = np.median(compressed(np.concatenate(beats)), axis=0)
    np.testing.assert_allclose(calm.usual.middle, exact, atol=STEP / 2 + 1e-6)
