"""Swapped electrodes as an alarm: real windows, the real model, electrodes really exchanged."""

from functools import cache
from zlib import crc32

import numpy as np
import pytest

from engine import swapped
from engine.grid import FS_HZ
from engine.leads import LEADS
from engine.scorer import load_scorer
from monitor.alarms.alarm import Kind, Priority, Transition
from monitor.alarms.limits import Limits
from monitor.alarms.state import MachineState
from monitor.pipeline import Pipeline
from monitor.wire import UNKNOWN_UNIT, Hello, Session
from simulators.patient.act import Act
from simulators.patient.patient import Patient
from simulators.patient.story import Story

NAME = "swapped_electrodes"
NS = 1_000_000_000
ARMS = (1, 0, 2)


@cache
def sinus(seconds=40):
    return Patient(Story((Act(float(seconds)),)), seed=1, fs_hz=FS_HZ).read(seconds * FS_HZ).samples


def watch(x, leads=LEADS, unit="mV", limits=None):
    """(transition, alarm, second) of the swapped electrodes' alarm."""
    pipeline = Pipeline(load_scorer(), restore=lambda bed: MachineState(bed, limits or Limits()))
    session = Session(Hello("ward.1", "boot-1", tuple(leads), float(FS_HZ), unit))
    pipeline.receive_message(session.announce(), 0)
    rows = [LEADS.index(lead) for lead in leads]
    heard = []
    for second in range(x.shape[1] // FS_HZ):
        chunk = x[rows, second * FS_HZ : (second + 1) * FS_HZ]
        pipeline.receive_message(session.data(chunk), (second + 1) * NS)
        for outcome in pipeline.step():
            heard += [
                (event.transition, event.alarm, outcome.update.end_sample // FS_HZ)
                for event in outcome.events
                if event.alarm.name == NAME
            ]
    return heard


def test_arms_exchanged_are_said_after_twenty_seconds_of_it():
    ((transition, alarm, at_s),) = watch(swapped.with_limb_electrodes(sinus(), ARMS))
    own_s = crc32(alarm.bed.encode()) % 10  # beds are not all asked in the same second
    assert transition is Transition.RAISED and at_s == 30 + own_s
    assert (alarm.kind, alarm.priority) == (Kind.TECHNICAL, Priority.MEDIUM)
    assert alarm.text.startswith("ELECTRODES SWAPPED? RA LA")


def test_chest_electrodes_are_of_low_priority():
    ((_, alarm, _),) = watch(swapped.with_chest_electrodes(sinus(), 0, 2))
    assert alarm.priority is Priority.LOW and "V1 V3" in alarm.text


def test_it_ends_when_the_electrodes_were_put_right():
    wrong = swapped.with_limb_electrodes(sinus(), ARMS)
    x = np.concatenate((wrong, sinus()), axis=1)
    (_, raised, _), (transition, ended, _) = watch(x)
    assert transition is Transition.ENDED and ended.id == raised.id


@pytest.mark.parametrize(
    ("leads", "unit"),
    [(LEADS, "mV"), (("I", "II", "V1", "V5"), "mV"), (LEADS, UNKNOWN_UNIT)],
    ids=["in place", "few leads", "no millivolts"],
)
def test_nothing_is_said(leads, unit):
    x = sinus() if leads == LEADS and unit == "mV" else swapped.with_limb_electrodes(sinus(), ARMS)
    assert watch(x, leads, unit) == []


def test_a_heart_on_the_right_side_can_be_told_to_it():
    x = swapped.with_limb_electrodes(sinus(), ARMS)
    assert watch(x, limits=Limits().changed(off=frozenset({NAME}))) == []
