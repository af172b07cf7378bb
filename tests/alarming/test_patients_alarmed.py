"""Synthetic patients through the pipeline: a lethal rhythm raises its alarm in time, and only its own."""

from functools import cache

import numpy as np
import pytest

from engine.grid import FS_HZ
from engine.leads import LEADS
from monitor.alarms.alarm import Kind, Transition
from monitor.evaluation.silent import SilentScorer
from monitor.pipeline import Pipeline
from monitor.wire import Hello, Session
from simulators.patient.act import Act
from simulators.patient.patient import Patient
from simulators.patient.presets import PRESETS
from simulators.patient.story import Story

CALM_S = 12
LETHAL = {"asystole", "ventricular_fibrillation", "ventricular_tachycardia"}
NS = 1_000_000_000


@cache
def watched(*acts, seed=1):
    """Updates of the bed, and its patient alarms as raised: (alarm, seconds after the first act)."""
    story = Story((Act(CALM_S), *acts), loop=False)
    samples = Patient(story, seed=seed, fs_hz=FS_HZ).read(round(story.duration_s * FS_HZ)).samples
    pipeline = Pipeline(SilentScorer())
    session = Session(Hello("ward.1", "boot-1", LEADS, float(FS_HZ)))
    pipeline.receive_message(session.announce(), 0)
    updates, raised = [], []
    for second in range(samples.shape[1] // FS_HZ):
        chunk = samples[:, second * FS_HZ : (second + 1) * FS_HZ]
        pipeline.receive_message(session.data(chunk), second * NS)
        for outcome in pipeline.step():
            updates.append(outcome.update)
            raised += [
                (event.alarm, outcome.update.end_sample / FS_HZ - CALM_S)
                for event in outcome.events
                if event.transition is Transition.RAISED and event.alarm.kind is Kind.PATIENT
            ]
    return updates, raised


def act(preset, seconds=12, **changes):
    values = {field: getattr(PRESETS[preset], field) for field in Act.__dataclass_fields__}
    return Act(**{**values, "duration_s": float(seconds), **changes})


@pytest.mark.parametrize("seed", [1, 2, 3])
@pytest.mark.parametrize(
    ("preset", "name"),
    [
        ("vf", "ventricular_fibrillation"),
        ("vt", "ventricular_tachycardia"),
        ("asystole", "asystole"),
        ("standstill", "asystole"),
    ],
)
def test_a_lethal_rhythm_raises_its_alarm_within_ten_seconds_and_no_other_lethal_one(preset, name, seed):
    _, raised = watched(act(preset), seed=seed)
    lethal = [(alarm, at_s) for alarm, at_s in raised if alarm.name in LETHAL]
    assert [alarm.name for alarm, _ in lethal] == [name]
    alarm, at_s = lethal[0]
    assert 0 < at_s <= 10
    assert abs(alarm.onset_sample / FS_HZ - CALM_S) <= 2.0


@pytest.mark.parametrize(
    "preset", ["sinus", "tachycardia", "af", "bigeminy", "couplets", "pac", "lbbb", "rbbb"]
)
def test_other_rhythms_raise_no_lethal_alarm(preset):
    _, raised = watched(act(preset, 20))
    assert not LETHAL & {alarm.name for alarm, _ in raised}


@pytest.mark.parametrize(
    "changes", [{"muscle_mv": 0.1}, {"wander_mv": 1.0}, {"motion_per_minute": 60.0}, {"mains_mv": 0.3}]
)
def test_sinus_rhythm_under_noise_and_motion_raises_no_rhythm_alarm(changes):
    _, raised = watched(act("sinus", 25, **changes))
    rhythm = {*LETHAL, "atrial_fibrillation", "pvc_run", "frequent_pvc", "pause"}
    assert not rhythm & {alarm.name for alarm, _ in raised}


def test_fibrillation_has_no_heart_rate_and_is_named():
    updates, _ = watched(act("vf"))
    last = updates[-1]
    assert last.rhythm == "V fib/flutter"
    assert last.vitals.heart_rate_bpm is None
    calm = updates[CALM_S - 1]
    assert calm.rhythm == "" and calm.vitals.heart_rate_bpm is not None and calm.pvc_per_min == 0


def test_atrial_fibrillation_is_alarmed_once_it_has_lasted():
    _, raised = watched(act("af", 50))
    (found,) = [(alarm, at_s) for alarm, at_s in raised if alarm.name == "atrial_fibrillation"]
    assert 10 < found[1] <= 37
    assert abs(found[0].onset_sample / FS_HZ - CALM_S) <= 5


def test_a_heart_that_recovers_leaves_the_alarm_latched():
    updates, raised = watched(act("vf", 8), act("sinus", 20))
    assert [alarm.name for alarm, _ in raised if alarm.name in LETHAL] == ["ventricular_fibrillation"]
    (alarm,) = [alarm for alarm in updates[-1].alarms if alarm.name == "ventricular_fibrillation"]
    assert alarm.phase == "latched" and np.isfinite(alarm.ended_sample)
