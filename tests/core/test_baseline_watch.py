"""A bed's baseline through its life: adopted, kept, let go, never changed in silence."""

from dataclasses import replace

import numpy as np
import pytest
from baseline_windows import HOP_S, later, lbbb, unassessed, windows
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.errors import ConfigurationError
from engine.grid import FS_HZ
from engine.patient.baseline import PatientBaseline
from engine.patient.brief import read_own
from engine.patient.kept_lesson import KeptLesson
from engine.patient.lesson import Lesson
from engine.patient.plain import to_json
from monitor.baseline import BaselineWatch, Note
from monitor.baseline.drift import weighted_median
from monitor.baseline.lessons import Lessons
from monitor.baseline.school import APART_S, LEARN_S, TURNS, School
from monitor.core.recorder import Recorder
from monitor.journal.entry import Entry, EntryKind, baseline_entry
from simulators.patient.act import Act

S = 1_000_000_000
FIVE_MINUTES = 310
CALM = (lbbb(FIVE_MINUTES),)


def feed(watch, found, patient="", now_ns=1000 * S, **more):
    return [watch.judge(one, patient, now_ns, **more) for one in found]


@pytest.fixture
def taught():
    watch = BaselineWatch("model-1")
    feed(watch, windows(*CALM))
    return watch


def whats(watch):
    return [note.what for note in watch.take_notes()]


def test_a_baseline_is_adopted_after_five_minutes_and_says_so():
    watch = BaselineWatch("model-1")
    found = windows(*CALM)
    states = []
    for one in found:
        watch.judge(one, "", 0)
        states.append((one.end_sample / FS_HZ, watch.status.state, watch.status.adopted))
    adopted = [at_s for at_s, _, now in states if now]
    assert adopted == [300.0]
    assert {state for at_s, state, _ in states if at_s < 300} == {"learning"}
    (note,) = watch.take_notes()
    assert note.what == "learned"
    assert (
        note.text
        == "PATIENT BASELINE learned 5 min: score 2.00 is usual here (normal ECG < 1: changes are watched)"
    )
    assert note.baseline is not None
    assert watch.status.usual_is_abnormal


def test_beds_that_began_together_learn_at_moments_of_their_own():
    needed = [School(bed=f"ward.{n}").learn_s for n in range(60)]
    assert needed == [School(7500, f"ward.{n}").learn_s for n in range(60)]
    assert all(LEARN_S <= one < LEARN_S + APART_S for one in needed)
    assert len(set(needed)) > 20 and max(map(needed.count, needed)) < 8
    assert School().learn_s == LEARN_S


def lesson_at(second):
    empty = np.zeros((0, 12, 80), np.int8)
    lesson = Lesson(second * FS_HZ, 0.0, 0.0, np.zeros(12, np.float32), np.zeros(0, np.int64), empty)
    return KeptLesson.of(lesson)


@given(st.lists(st.tuples(st.integers(1, 40), st.integers(0, 200)), max_size=200))
def test_lessons_are_a_queue_however_they_are_packed(steps):
    lessons, kept, second = Lessons(), [], 0
    for step_s, reach_s in steps:
        second += step_s
        lessons.append(float(step_s), lesson_at(second))
        kept.append((float(step_s), second * FS_HZ))
        popped = [passed_s for passed_s, _ in lessons.pop_before((second - reach_s) * FS_HZ)]
        assert popped == [passed_s for passed_s, end in kept if end < (second - reach_s) * FS_HZ]
        kept = [(passed_s, end) for passed_s, end in kept if end >= (second - reach_s) * FS_HZ]
    assert [(passed_s, one.end_sample) for passed_s, one in lessons] == kept


def adopted_at(bed):
    """Seconds until a bed may learn, and the signal it then learns from."""
    school = School(bed=bed)
    for second in range(10, 1000):
        is_last = school.is_ready_at(second * FS_HZ)
        school.wait(second * FS_HZ) if school.is_complete else school.add(lesson_at(second))
        assert is_last is school.is_ready
        if school.is_ready:
            return second, school.seconds, len(school.lessons)
    return None


def test_beds_take_turns_and_what_they_wait_for_changes_nothing_of_what_is_learned():
    found = [adopted_at(f"ward.{n}") for n in range(240)]
    moments = [at_s for at_s, _, _ in found]
    assert min(moments) >= LEARN_S and max(moments) < LEARN_S + TURNS * APART_S
    assert all(at_s - learned_s in (0, APART_S) for at_s, learned_s, _ in found)
    assert all(n == learned_s - 9 for _, learned_s, n in found)
    assert max(map(moments.count, moments)) <= 12, "of 240: 4 on average"
    assert adopted_at("") == (LEARN_S, LEARN_S, 291)


def test_before_adoption_scores_are_those_against_all_people():
    judged = feed(BaselineWatch(), windows(*CALM))
    assert all(one.population is None and one.score == 2.0 for one in judged[:58])
    assert all(one.population == 2.0 and one.score < 1 for one in judged[-2:])


@settings(max_examples=15, deadline=None)
@given(st.lists(st.booleans(), min_size=61, max_size=61))
def test_windows_that_are_not_assessed_or_under_a_grave_alarm_teach_nothing(assessed):
    watch = BaselineWatch()
    for one, ok in zip(windows(*CALM), assessed, strict=True):
        watch.judge(one if ok else unassessed(one), "", 0)
    learned_s = watch.status.learned_s
    assert learned_s <= sum(assessed) * 10
    feed(watch, later(windows(*CALM), FIVE_MINUTES), grave=True)
    assert watch.status.learned_s == learned_s


def test_it_never_adapts_in_silence(taught):
    first = to_json(taught._baseline)
    changed = windows(lbbb(60, rate_bpm=100, st_territory="anterior", st_mv=0.4))
    for n in range(14):
        feed(taught, later(changed[1:], FIVE_MINUTES + n * 55))
    assert to_json(taught._baseline) == first
    assert whats(taught) == ["learned", "drift"]
    assert taught.status.drift >= 1
    for n in range(14, 28):
        feed(taught, later(windows(lbbb(60))[1:], FIVE_MINUTES + n * 55))
    assert to_json(taught._baseline) == first
    assert whats(taught) == ["drift over"]


def test_a_patient_without_a_usual_beat_stays_judged_against_all_people():
    watch = BaselineWatch()
    judged = feed(watch, windows(Act(400.0, rhythm="ventricular fibrillation")))
    assert all(one.score == 2.0 for one in judged)
    assert whats(watch) == ["not learned"]
    assert watch.status.state == "learning"


@pytest.mark.parametrize(
    ("before", "after", "kept"),
    [("P-1", "P-1", True), ("P-1", "P-2", False), ("", "", False), ("P-1", "", False)],
)
def test_a_new_session_keeps_it_only_if_both_name_the_same_patient(before, after, kept):
    watch = BaselineWatch()
    feed(watch, windows(*CALM), before)
    watch.new_session(FIVE_MINUTES * FS_HZ)
    feed(watch, later(windows(lbbb(20))[1:], FIVE_MINUTES), after)
    assert watch.status.learned is kept
    assert whats(watch) == (["learned"] if kept else ["learned", "let go"])


def test_windows_of_the_old_session_that_come_late_change_nothing(taught):
    taught.new_session(FIVE_MINUTES * FS_HZ)
    feed(taught, windows(*CALM)[-1:])
    assert taught.status.learned


def test_ten_minutes_without_ecg_let_it_go(taught):
    feed(taught, later(windows(lbbb(20)), FIVE_MINUTES + 599))
    assert whats(taught) == ["learned", "let go"]
    assert taught.status.state == "learning"


def test_nothing_is_learned_from_windows_that_began_before_the_change():
    watch = BaselineWatch()
    watch.new_session(0)
    found = windows(*CALM)
    feed(watch, found[:1])
    assert watch.status.learned_s == 0
    feed(watch, found[2:3])
    assert watch.status.learned_s == 10


def test_operators_forget_and_relearn(taught):
    taught.order("forget", "nurse")
    feed(taught, later(windows(*CALM), FIVE_MINUTES))
    assert taught.status.state == "off"
    taught.order("relearn", "nurse")
    feed(taught, later(windows(*CALM), 2 * FIVE_MINUTES + HOP_S))
    assert taught.status.learned
    notes = taught.take_notes()
    assert [note.what for note in notes] == ["learned", "forgotten", "relearning", "learned"]
    assert "by nurse" in notes[1].text
    with pytest.raises(ConfigurationError, match="forget or relearn"):
        taught.order("trust", "nurse")


def recalled(tmp_path, watch, bed="ward.1", seen_ns=2000 * S):
    """What a journal gives back of a bed's notes."""
    with Recorder(tmp_path) as recorder:
        entries = [baseline_entry(note, 1000 * S, bed) for note in watch.take_notes()]
        recorder.append([*entries, Entry(EntryKind.COVERAGE, seen_ns, {}, bed)], seen_ns)
    with Recorder(tmp_path) as recorder:
        assert recorder.recall("ward.9") is None
        return recorder.recall(bed)


def test_a_restart_takes_it_up_from_the_journal(taught, tmp_path):
    known = recalled(tmp_path, taught)
    watch = BaselineWatch("model-1", known)
    (judged,) = feed(watch, windows(lbbb(20))[1:2], now_ns=2100 * S)
    assert judged.population == 2.0
    assert whats(watch) == ["restored"]
    assert not watch.status.adopted  # it was announced when it was learned
    assert to_json(watch._baseline) == to_json(taught._baseline)
    again = recalled(tmp_path / "again", taught_and_restored(taught, watch))
    assert again.note.baseline is not None


def taught_and_restored(taught, watch):
    """Both lives' notes, one after the other."""
    both = BaselineWatch()
    note = Note("learned", "words", baseline=to_json(taught._baseline))
    both._notes = [note, Note("restored", "words"), Note("drift", "words")]
    return both


@pytest.mark.parametrize(
    ("model", "patient", "away_s"), [("model-2", "", 60), ("model-1", "P-2", 60), ("model-1", "", 700)]
)
def test_a_restart_learns_anew_where_it_may_be_another_patient_or_model(
    taught, tmp_path, model, patient, away_s
):
    watch = BaselineWatch(model, recalled(tmp_path, taught))
    (judged,) = feed(watch, windows(lbbb(20))[1:2], patient, now_ns=(2000 + away_s) * S)
    assert judged.population is None
    assert whats(watch) == ["let go"]
    assert watch.status.state == "learning"


def test_what_an_operator_had_forgotten_stays_forgotten(taught, tmp_path):
    taught.order("forget", "nurse")
    watch = BaselineWatch("model-1", recalled(tmp_path, taught))
    feed(watch, windows(*CALM), now_ns=2001 * S)
    assert watch.status.state == "off"


def test_a_core_that_learns_none_says_so():
    watch = BaselineWatch(enabled=False)
    judged = feed(watch, windows(*CALM))
    assert all(one.population is None for one in judged)
    assert watch.status.state == "off"
    with pytest.raises(ConfigurationError, match="learns no baselines"):
        watch.order("relearn", "nurse")


def asked(watch, found, n, elsewhere):
    """Windows are read `n` at a time, briefed as their baseline stands then, before any of them is judged."""
    judged = []
    while found:
        batch = list(briefed(watch, found[:n]))
        found = found[len(batch) :]
        answers = [(brief, read_own(brief, one)) for one, brief in batch]
        for (one, _), (brief, own) in zip(batch, answers, strict=True):
            at_hand = replace(one, prepared=None) if elsewhere else one
            judged.append(watch.judge(at_hand, "", 1000 * S, brief=brief, own=own))
    return judged


def briefed(watch, found):
    for one in found:
        yield one, watch.brief(one.end_sample)
        if watch.learns_at(one.end_sample):
            return


@pytest.mark.parametrize("elsewhere", [False, True])
@pytest.mark.parametrize("n", [1, 3])
def test_windows_that_were_asked_before_are_judged_as_if_asked_now(n, elsewhere, monkeypatch):
    found = windows(lbbb(FIVE_MINUTES), lbbb(30, rate_bpm=95.0))
    now, before = BaselineWatch("model-1"), BaselineWatch("model-1")
    expected = feed(now, found)
    with monkeypatch.context() as patched:
        patched.setattr("monitor.baseline.watch.read_own", lambda *_: pytest.fail("asked again"))
        judged = asked(before, found, n, elsewhere)
    assert [one.score for one in judged] == [one.score for one in expected]
    assert all(np.array_equal(a.map, b.map) for a, b in zip(judged, expected, strict=True))
    assert before.take_notes() == now.take_notes() and before.status == now.status
    assert before.status.state == "learned" and judged[-1].population == 2.0


@pytest.mark.parametrize("what", ["compare", "learn"])
def test_a_baseline_that_fails_where_windows_are_read_is_let_go(what, monkeypatch):
    watch, found = BaselineWatch("model-1"), windows(*CALM)
    with monkeypatch.context() as broken:
        broken.setattr(PatientBaseline, what, lambda *_: 1 / 0)
        judged = asked(watch, found, 1, elsewhere=True)
    assert judged[-1].population is None and watch.status.state == "learning"
    (failed,) = [note for note in watch.take_notes() if note.what == "let go"]
    assert "ZeroDivisionError" in failed.text and "learned anew" in failed.text


def test_a_window_asked_of_a_baseline_that_is_gone_keeps_its_score_against_all_people(taught):
    one = windows(lbbb(20))[1]
    brief = taught.brief(one.end_sample)
    own = read_own(brief, one)
    taught.order("relearn", "nurse")
    assert own.comparison is not None
    judged = taught.judge(replace(one, prepared=None), "", 1000 * S, brief=brief, own=own)
    assert judged.population is None and judged.score == one.score


def test_a_score_map_without_its_window_is_left_alone(taught):
    bare = replace(windows(lbbb(20))[1], prepared=None)
    assert taught.judge(bare, "", 0) is bare


def test_the_weighted_median_lies_where_the_halves_meet():
    import numpy as np

    assert weighted_median(np.array([3.0, 1.0, 2.0]), np.ones(3)) == 2
    assert weighted_median(np.array([1.0, 9.0]), np.array([1.0, 3.0])) == 9
