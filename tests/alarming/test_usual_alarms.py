"""Alarms of what is usual: one for an ECG that is abnormal from the start, none that say it again."""

from dataclasses import dataclass, replace

import numpy as np
import pytest

from engine.arrays import frozen
from engine.grid import FS_HZ
from engine.scoremap import ScoreMap
from engine.span import Span
from monitor.alarms.alarm import Phase, Priority, Transition
from monitor.alarms.conditions import BY_NAME
from monitor.alarms.machine import AlarmMachine
from monitor.alarms.observation import Observation
from monitor.alarms.state import MachineState
from monitor.baseline.status import BaselineStatus
from monitor.update import Source

NAMES = ("learned_anomaly", "abnormal_baseline", "baseline_drift")
BEGINNING = BaselineStatus(beginning=True)
LEARNED = BaselineStatus("learned", 300.0, 0.4)


@dataclass
class Watched:
    """The alarms of the model alone, a window every second."""

    machine: AlarmMachine
    state: MachineState
    second: int = 10

    def run(self, seconds, score, status, spans=()):
        happened = []
        for _ in range(seconds):
            end = self.second * FS_HZ
            one = ScoreMap("ward.1", end, frozen(np.zeros((12, 1), np.float32)), score, 1.0, None)
            seen = Observation(
                "ward.1", end, Source("live"), hop=True, score=one, spans=tuple(spans), baseline=status
            )
            self.state, events = self.machine.step(self.state, seen, self.second * 10**9)
            happened += [(event.transition, event.alarm) for event in events]
            self.second += 1
        return happened


@pytest.fixture
def bed():
    return Watched(AlarmMachine(tuple(BY_NAME[name] for name in NAMES)), MachineState("ward.1"))


def test_one_alarm_speaks_of_an_ecg_that_is_abnormal_from_the_start(bed):
    assert bed.run(30, 1.8, BEGINNING) == []
    spans = [Span(1, 500, 600, 2.0), Span(6, 700, 800, 1.5)]
    ((transition, alarm),) = bed.run(1, 1.8, replace(BEGINNING, settled=1.8), spans)
    assert (transition, alarm.name, alarm.priority) == (
        Transition.RAISED, "abnormal_baseline", Priority.MEDIUM,
    )  # fmt: skip
    assert alarm.text == "ECG ABNORMAL II V1 (score 1.8 > 1 for most of a minute)"
    assert alarm.onset_sample == 500
    assert bed.run(260, 1.8, replace(BEGINNING, settled=1.8)) == []
    adopted = replace(LEARNED, usual_score=1.75, adopted=True)
    assert bed.run(1, 1.8, adopted) == []
    (alarm,) = bed.state.alarms
    assert alarm.text == "ECG ABNORMAL FROM THE START score 1.75 > 1; changes are watched against it"
    ((transition, alarm),) = bed.run(60, 0.3, replace(LEARNED, usual_score=1.75, settled=0.3))
    assert (transition, alarm.phase) == (Transition.LATCHED, Phase.LATCHED)  # until somebody looks


def test_what_was_known_only_when_it_was_learned_is_said_then(bed):
    assert bed.run(300, 0.9, replace(BEGINNING, settled=0.9)) == []
    ((_, alarm),) = bed.run(1, 0.9, replace(LEARNED, usual_score=1.1, adopted=True))
    assert (alarm.name, alarm.priority) == ("abnormal_baseline", Priority.LOW)  # little above


@pytest.mark.parametrize(("settled", "priority"), [(1.2, Priority.LOW), (1.3, Priority.MEDIUM)])
def test_little_above_the_threshold_is_low(bed, settled, priority):
    ((_, alarm),) = bed.run(1, settled, replace(BEGINNING, settled=settled))
    assert alarm.priority is priority


def test_it_ends_or_latches_when_most_of_a_minute_lay_below_and_wakes_no_second_one(bed):
    bed.run(5, 1.8, replace(BEGINNING, settled=1.8))
    assert bed.run(29, 0.5, replace(BEGINNING, settled=0.9)) == []
    bed.run(5, 1.8, replace(BEGINNING, settled=1.1))
    ((latched, _),) = bed.run(40, 0.5, replace(BEGINNING, settled=0.9))
    ((woken, alarm),) = bed.run(1, 1.8, replace(BEGINNING, settled=1.1))
    assert (latched, woken, alarm.id) == (Transition.LATCHED, Transition.REANNOUNCED, 1)


def test_the_window_of_adoption_is_no_anomaly(bed):
    bed.run(60, 1.8, replace(BEGINNING, settled=1.8))
    bed.run(1, 1.8, replace(LEARNED, usual_score=1.8, adopted=True))
    bed.run(1, 1.8, replace(LEARNED, settled=1.2))
    happened = bed.run(1, 1.8, replace(LEARNED, settled=1.2))
    assert "learned_anomaly" not in {alarm.name for _, alarm in happened}


def test_a_lasting_change_counts_when_it_has_settled_though_single_windows_lie_above(bed):
    assert bed.run(30, 2.0, replace(LEARNED, settled=0.6)) == []
    happened = bed.run(3, 2.0, replace(LEARNED, settled=1.9))
    ((_, alarm),) = happened
    assert (alarm.name, alarm.text) == ("learned_anomaly", "ANOMALY (score 1.9 > 1)")


@pytest.mark.parametrize(
    "status", [None, BaselineStatus(), BaselineStatus("off"), BaselineStatus("learned", 300.0, 0.4)]
)
def test_without_anything_settled_the_score_itself_counts(bed, status):
    ((_, alarm),) = bed.run(3, 1.8, status)
    assert (alarm.name, alarm.text) == ("learned_anomaly", "ANOMALY (score 1.8 > 1)")
