"""Rhythm conditions on scripted rhythms: what raises them, in which words, and what they give way to."""

from dataclasses import replace

import numpy as np
import pytest

from engine.arrays import frozen
from engine.beats import Beats
from engine.grid import FS_HZ
from engine.leads import LEADS
from engine.quality import LeadState, Quality
from engine.rhythm.fibrillation import Waves
from engine.rhythm.irregularity import Irregularity
from engine.rhythm.rhythm import Rhythm
from engine.rhythm.ventricular import Run
from engine.stchange import StChange
from engine.vitals import Vitals
from monitor.alarms.alarm import Kind, Phase, Priority, Transition
from monitor.alarms.conditions import BY_NAME, CONDITIONS
from monitor.alarms.limits import MAY_BE_OFF, Limits
from monitor.alarms.machine import AlarmMachine
from monitor.alarms.observation import Observation
from monitor.alarms.state import MachineState
from monitor.update import Source

END = 60 * FS_HZ
BEATS_THERE = np.arange(END - 10 * FS_HZ + 50, END, 200, dtype=np.int64)
CALM = Rhythm(Waves(-5.0), Irregularity(-4.0), None, 0.8, END - 500, 0, "", False)
VF = Waves(3.0, 0.4, 310.0, 290.0, END - 5 * FS_HZ)
VT_WAVES = Waves(3.0, 0.95, 180.0, 182.0, END - 4 * FS_HZ)
RHYTHM_ALARMS = (
    "ventricular_fibrillation",
    "ventricular_tachycardia",
    "pause",
    "pvc_run",
    "atrial_fibrillation",
    "frequent_pvc",
)


def observed(rhythm, end_sample=END, heart_rate_bpm=75.0, n_leads=2, st=None):
    states = tuple(LeadState.OK if lead < n_leads else LeadState.ABSENT for lead in range(12))
    shift = end_sample - END
    return Observation(
        "ward.1",
        end_sample,
        Source("live"),
        hop=True,
        quality=Quality(states, frozen(np.ones(12, np.float32))),
        beats=Beats(frozen(BEATS_THERE + shift), frozen(np.ones(BEATS_THERE.size, np.float32)), n_leads),
        vitals=Vitals(heart_rate_bpm, 800.0, None, 0.3, BEATS_THERE.size),
        seen=frozen(np.ones(10 * FS_HZ, np.bool_)),
        ever_valid=True,
        rhythm=rhythm,
        st=st,
    )


class Watch:
    """Observations one second apart through the real machine."""

    def __init__(self):
        self.machine = AlarmMachine(tuple(c for c in CONDITIONS if c.kind is Kind.PATIENT))
        self.state, self.end, self.events = MachineState("ward.1"), END, []

    def see(self, rhythm, seconds=1, **changes):
        happened = []
        for _ in range(seconds):
            self.state, events = self.machine.step(
                self.state, observed(rhythm, self.end, **changes), self.end * 4_000_000
            )
            happened += events
            self.end += FS_HZ
        self.events += happened
        return happened

    @property
    def names(self):
        return {alarm.name for alarm in self.state.alarms}


@pytest.mark.parametrize(
    ("name", "rhythm", "priority", "text", "onset"),
    [
        (
            "ventricular_fibrillation",
            replace(CALM, waves=VF),
            Priority.HIGH,
            "V FIB/FLUTTER waves without beats for 5 s",
            VF.onset_sample,
        ),
        (
            "ventricular_tachycardia",
            replace(CALM, run=Run(7, END - 900, END - 100, 180.0)),
            Priority.HIGH,
            "V TACH 180 > 100, 7 beats",
            END - 900,
        ),
        (
            "ventricular_tachycardia",
            replace(CALM, waves=VT_WAVES),
            Priority.HIGH,
            "V TACH 180 > 100, wide regular waves",
            VT_WAVES.onset_sample,
        ),
        (
            "pvc_run",
            replace(CALM, run=Run(4, END - 900, END - 600, 160.0)),
            Priority.MEDIUM,
            "PVC RUN 4 beats at 160",
            END - 900,
        ),
        (
            "pause",
            replace(CALM, pause_s=2.44, pause_sample=END - 700),
            Priority.MEDIUM,
            "PAUSE 2.4 > 2 s",
            END - 700,
        ),
        (
            "frequent_pvc",
            replace(CALM, pvc_per_min=31, pattern="bigeminy"),
            Priority.LOW,
            "PVC 31 > 10 /min, bigeminy",
            END,
        ),
    ],
)
def test_each_rhythm_raises_its_alarm_in_its_words(name, rhythm, priority, text, onset):
    watch = Watch()
    raised = [e.alarm for e in watch.see(rhythm) if e.transition is Transition.RAISED]
    assert [alarm.name for alarm in raised] == [name]
    assert (raised[0].priority, raised[0].text, raised[0].onset_sample) == (priority, text, onset)


def test_atrial_fibrillation_needs_to_last():
    watch = Watch()
    af = replace(CALM, irregularity=Irregularity(1.5, END - 7000, 0.31))
    assert watch.see(af, 5) == []
    (raised,) = watch.see(af, 1)
    assert (raised.alarm.name, raised.alarm.priority) == ("atrial_fibrillation", Priority.MEDIUM)
    assert raised.alarm.text == "IRREGULAR RHYTHM AF? RR varies by 31 %, HR 75"
    assert raised.alarm.onset_sample == END - 7000
    assert watch.see(CALM, 15) == []
    assert [e.transition for e in watch.see(CALM, 1)] == [Transition.ENDED]


@pytest.mark.parametrize(
    "rhythm",
    [
        CALM,
        replace(CALM, run=Run(4, END - 900, END - 600, 160.0), waves=Waves(-0.1)),
        replace(CALM, waves=Waves(2.0, 0.05, 300.0, 300.0, END - 1000)),  # noise repeats nothing
        replace(CALM, waves=Waves(2.0, 0.97, 113.0, 130.0, END - 1000)),  # slow regular waves
        replace(CALM, waves=Waves(2.0, 0.4, 113.0, 135.0, END - 1000)),  # slow irregular ones
        replace(CALM, waves=Waves(2.0, 0.6, 113.0, 190.0, END - 1000)),  # slow ones with notches
        replace(CALM, waves=Waves(0.2, 0.4, 300.0, 290.0, END - 1000)),  # hardly like waves
        replace(CALM, run=Run(17, END - 2300, END - 100, 114.0, 112.0)),  # as fast as the beats before it
        replace(CALM, pvc_per_min=10, pause_s=1.9),
        replace(CALM, run=Run(9, END - 4000, END - 600, 180.0)),  # ended more than two seconds ago
        replace(CALM, run=Run(9, END - 1500, END - 100, 92.0)),  # too slow
    ],
)
def test_no_lethal_alarm_without_a_lethal_rhythm(rhythm):
    watch = Watch()
    watch.see(rhythm, 8)
    assert not watch.names & {"ventricular_fibrillation", "ventricular_tachycardia", "asystole"}


@pytest.mark.parametrize(("n_doubtful", "alarmed"), [(0, True), (2, True), (3, False)])
def test_beats_that_half_of_the_leads_saw_make_no_tachycardia(n_doubtful, alarmed):
    votes = np.ones(BEATS_THERE.size, np.float32)
    votes[-7 : n_doubtful - 7] = 0.5
    run = Run(7, int(BEATS_THERE[-7]), int(BEATS_THERE[-1]), 160.0, 80.0)
    seen = observed(replace(CALM, run=run))
    finding = BY_NAME["ventricular_tachycardia"].judge(
        replace(seen, beats=replace(seen.beats, votes=frozen(votes))), Limits()
    )
    assert (finding is not None) == alarmed


@pytest.mark.parametrize("waves", [VF, VT_WAVES])
def test_lethal_rhythms_latch_and_cannot_be_switched_off(waves):
    name = "ventricular_fibrillation" if waves is VF else "ventricular_tachycardia"
    assert BY_NAME[name].latching and name not in MAY_BE_OFF
    watch = Watch()
    watch.see(replace(CALM, waves=waves), 3)
    watch.see(CALM, 6)
    assert [(alarm.name, alarm.phase) for alarm in watch.state.alarms] == [(name, Phase.LATCHED)]


def test_waves_without_a_rate_raise_neither_asystole_nor_a_rate_alarm():
    watch = Watch()
    watch.see(replace(CALM, waves=VF), 12, heart_rate_bpm=None)
    assert watch.names == {"ventricular_fibrillation"}


def test_tachycardia_gives_way_to_fibrillation_and_rates_to_both():
    watch = Watch()
    both = replace(CALM, waves=VF, run=Run(9, END - 900, END - 50, 190.0), pvc_per_min=40)
    watch.see(both, 4)
    assert watch.names == {"ventricular_fibrillation"}
    watch = Watch()
    watch.see(
        replace(CALM, run=Run(99, END - 900, END + 2000, 190.0), pvc_per_min=40), 8, heart_rate_bpm=190.0
    )
    assert watch.names == {"ventricular_tachycardia"}


def test_without_an_assessable_lead_nothing_ends():
    watch = Watch()
    watch.see(replace(CALM, waves=VF), 2)
    watch.see(replace(CALM, waves=Waves(None), irregularity=Irregularity(None)), 10, n_leads=0)
    (alarm,) = [alarm for alarm in watch.state.alarms if alarm.name == "ventricular_fibrillation"]
    assert alarm.phase is Phase.ACTIVE


@pytest.mark.parametrize("name", sorted(MAY_BE_OFF & set(RHYTHM_ALARMS)))
def test_what_may_be_off_is_quiet_when_off(name):
    loud = replace(
        CALM, run=Run(4, END - 900, END - 600, 160.0), pause_s=3.0, pvc_per_min=20,
        irregularity=Irregularity(2.0, END - 7000, 0.3),
    )  # fmt: skip
    watch = Watch()
    watch.state = watch.machine.set_limits(watch.state, Limits(off=frozenset({name})))
    watch.see(loud, 8)
    assert name not in watch.names and watch.names


def test_labels_name_the_gravest():
    assert CALM.label == ""
    assert replace(CALM, waves=VF, pattern="bigeminy").label == "V fib/flutter"
    assert replace(CALM, run=Run(5, 0, 900, 120.0), pattern="bigeminy").label == "V tach"
    assert replace(CALM, run=Run(4, 0, 900, 120.0), pattern="bigeminy").label == "bigeminy"
    assert replace(CALM, paced=True).label == "paced"


def test_st_deviation_is_named_after_a_minute_with_leads_levels_and_territory():
    change_mv = [float("nan")] * 12
    for name, value in (("II", 0.21), ("III", 0.3), ("aVF", 0.26)):
        change_mv[LEADS.index(name)] = value
    watch = Watch()
    st = StChange(tuple(change_mv))
    assert watch.see(CALM, 60, st=st) == []
    (raised,) = watch.see(CALM, 1, st=st)
    assert (raised.alarm.name, raised.alarm.priority) == ("st_deviation", Priority.MEDIUM)
    assert raised.alarm.text == "ST inferior II +0.21 III +0.30 aVF +0.26 mV, over 0.1"
    assert raised.alarm.onset_sample == END
    assert watch.see(CALM, 5, st=None) == []  # not measurable: neither begins nor ends
    ended = watch.see(CALM, 22, st=StChange((0.0,) * 12))
    assert [e.transition for e in ended] == [Transition.ENDED]
