"""Whatever happens at a bed, its alarms obey the rules of the ward."""

from collections import defaultdict

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from engine.quality import LeadState
from monitor.alarms.alarm import Kind, Phase, Transition
from monitor.alarms.conditions import BY_NAME

OPEN = (Phase.ACTIVE, Phase.ACKNOWLEDGED, Phase.LATCHED)
AFTER = {  # what may follow a phase
    Phase.ACTIVE: {
        Transition.UPDATED,
        Transition.ACKNOWLEDGED,
        Transition.LATCHED,
        Transition.ENDED,
    },
    Phase.ACKNOWLEDGED: {Transition.UPDATED, Transition.REANNOUNCED, Transition.ENDED},
    Phase.LATCHED: {Transition.REANNOUNCED, Transition.ACKNOWLEDGED},
}

lead_states = st.one_of(
    st.just((LeadState.OK,) * 12),
    st.sampled_from(list(LeadState)).map(lambda state: (state,) * 12),
    st.lists(st.sampled_from(list(LeadState)), min_size=12, max_size=12).map(tuple),
)
findings = st.lists(st.sampled_from(["two_publishers", "clock_step", "no_samples", "gap"]), max_size=2)


class Ward(RuleBasedStateMachine):
    """A bed to which anything may happen; `Bed` comes from the fixture."""

    Bed: type

    def __init__(self):
        super().__init__()
        self.bed = self.Bed()
        self.checked = 0
        self.raised_sample = 0
        self.phase = {}
        self.open_names = {}
        self.acknowledged = defaultdict(bool)

    @rule(
        seconds=st.integers(1, 12),
        rate_bpm=st.sampled_from([0, 20, 35, 45, 75, 75, 130, 180]),
        states=lead_states,
        valid=st.sampled_from([True, True, True, False]),
        score=st.sampled_from([None, 0.5, 1.1, 3.0]),
        reported=findings,
        latency_ms=st.sampled_from([50.0, 2000.0, 9000.0]),
    )
    def signal(self, seconds, rate_bpm, states, valid, score, reported, latency_ms):
        for _ in range(seconds):
            level = self.bed.state.audio.level
            paused = self.bed.state.audio_paused_until_ns(self.bed.now_ns)
            events = self.bed.run(
                1,
                rate_bpm,
                states=states,
                valid=valid,
                score=score,
                findings=reported,
                latency_ms=latency_ms,
            )
            announced = [e.alarm.priority for e in events if e.alarm.phase is Phase.ACTIVE]
            if paused and max(announced, default=0) > level:
                assert self.bed.state.sounding(self.bed.now_ns) is not None  # breaks through

    @rule(
        seconds=st.floats(0.1, 400),
        source=st.sampled_from(["live", "lost", "bye", "waiting"]),
        reported=findings,
    )
    def silence(self, seconds, source, reported):
        self.bed.tick(seconds, source, reported)

    @rule(rate_bpm=st.sampled_from([0, 45, 75, 130]), states=lead_states)
    def acknowledged_and_left_alone(self, rate_bpm, states):
        self.bed.acknowledge()
        self.bed.run(121, rate_bpm, states=states)  # the wall clock is a float: not quite 120 s after 120
        assert not any(a.phase is Phase.ACKNOWLEDGED for a in self.bed.state.alarms)

    @rule(pick=st.integers(0, 5))
    def acknowledge(self, pick):
        alarms = self.bed.state.alarms
        self.bed.acknowledge(alarms[pick].id if pick < len(alarms) else None)

    @rule()
    def pause(self):
        self.bed.pause()
        assert self.bed.state.sounding(self.bed.now_ns) is None

    @rule(hours=st.floats(-2, 2))
    def clock_is_set(self, hours):
        self.bed.wall_s += hours * 3600

    @rule()
    def restart(self):
        last = {event.alarm.id: event for event in self.bed.events}
        before = {(a.id, a.phase, a.priority) for a in self.bed.state.alarms}
        state = self.bed.machine.restore("ward.1", list(last.values()), self.bed.state.next_id)
        assert {(a.id, a.phase, a.priority) for a in state.alarms} == before
        self.bed.state = state

    @invariant()
    def every_event_is_lawful(self):
        for event in self.bed.events[self.checked :]:
            self.take(event)
        self.checked = len(self.bed.events)

    def take(self, event):
        alarm, condition = event.alarm, BY_NAME[event.alarm.name]
        if event.transition is Transition.RAISED:
            assert alarm.id == len(self.phase) + 1  # ids count up: order is kept
            assert alarm.name not in self.open_names  # none repeated while one is open
            assert 0 <= alarm.onset_sample <= alarm.raised_sample
            assert self.raised_sample <= alarm.raised_sample <= self.bed.end
            self.raised_sample = alarm.raised_sample
        else:
            assert event.transition in AFTER[self.phase[alarm.id]] or alarm.phase is Phase.ENDED
            assert self.phase[alarm.id] is not Phase.ENDED
        if event.transition is Transition.LATCHED:
            assert condition.latching and alarm.kind is Kind.PATIENT
        if event.transition is Transition.ENDED and condition.latching:
            assert self.acknowledged[alarm.id]
        if event.transition is Transition.ACKNOWLEDGED:
            assert alarm.acknowledged_by == "nurse"
        self.acknowledged[alarm.id] = alarm.acknowledged_by is not None
        self.phase[alarm.id] = alarm.phase
        if alarm.phase is Phase.ENDED:
            del self.open_names[alarm.name]
        else:
            self.open_names[alarm.name] = alarm.id

    @invariant()
    def nothing_is_lost(self):
        opened = {(a.id, a.phase) for a in self.bed.state.alarms}
        assert opened == {(i, phase) for i, phase in self.phase.items() if phase in OPEN}


def test_the_rules_of_the_ward(new_bed):
    ward = type("WardWithBed", (Ward,), {"Bed": new_bed})
    run_state_machine_as_test(ward, settings=settings(max_examples=25, stateful_step_count=25, deadline=None))


def test_the_same_observations_give_the_same_alarms(new_bed):
    first, second = new_bed(), new_bed()
    for bed in (first, second):
        bed.run(20)
        bed.run(15, 180, score=2.0)
        bed.run(8, 0)
        bed.run(20, states=(LeadState.NOISY,) * 3 + (LeadState.OK,) * 9)
        if bed is first:
            bed.tick(5, "live")  # ticks of the clock between hops change nothing of the signal's alarms
        bed.run(30)

    def lives(bed):
        return [(e.transition, e.alarm.id, e.alarm.name, e.alarm.onset_sample, e.alarm.raised_sample,
                 e.alarm.ended_sample, e.alarm.text) for e in bed.events]  # fmt: skip

    assert lives(first) == lives(second)
    assert len(first.events) > 6
