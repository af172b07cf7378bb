"""A failure while judging one bed's rhythm or baseline takes nothing else with it, and is told."""

import numpy as np
from core_bedside import Device, signal

from engine.grid import FS_HZ
from engine.patient.baseline import PatientBaseline
from monitor.pipeline import Pipeline, rhythm_watch


def fail(*_, **__):
    raise FloatingPointError("odd signal")


def raised(device):
    return {event.alarm.name: event.alarm for outcome in device.outcomes for event in outcome.events}


def test_other_alarms_go_on_while_the_rhythm_fails_and_that_is_an_alarm(scorer, monkeypatch):
    device = Device(Pipeline(scorer))
    with monkeypatch.context() as broken:
        broken.setattr(rhythm_watch, "delineate", fail)
        device.send(signal("tachycardia"))
    alarms = raised(device)
    assert alarms["rhythm_failing"].text == "RHYTHM NOT WATCHED FloatingPointError: odd signal"
    assert alarms["rhythm_failing"].ended_sample is None
    assert "heart_rate_high" in alarms
    device.send(signal("tachycardia"))
    assert raised(device)["rhythm_failing"].ended_sample is not None
    assert device.outcomes[-1].update.pvc_per_min is not None


def test_a_baseline_that_cannot_be_learned_leaves_the_score_and_a_note(scorer, monkeypatch):
    monkeypatch.setattr(PatientBaseline, "learn", fail)
    monkeypatch.setattr("monitor.baseline.school.LEARN_S", 5.0)
    monkeypatch.setattr("monitor.baseline.school.APART_S", 1)
    device = Device(Pipeline(scorer))
    device.send(signal("sinus"))
    notes = [note for outcome in device.outcomes for note in outcome.notes]
    assert notes and all(note.what == "let go" and "odd signal" in note.text for note in notes)
    scores = [hop.score.score for hop in device.hops if hop.end_sample >= 10 * FS_HZ]
    assert scores and np.isfinite(scores).all()
