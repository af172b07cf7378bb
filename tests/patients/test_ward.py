"""Patients on the wire: real sockets on loopback."""

import numpy as np
import pytest
import zmq

from monitor.wire import SUBSCRIPTION, Data, Flag, Hello, Layout, decode
from simulators.pace import Pace
from simulators.patient.patient import Patient
from simulators.patient.story import Story, load_story, single_rhythm
from simulators.ward import lead_bits, occupants, play


@pytest.fixture
def monitor():
    """A subscribing socket and its endpoint."""
    context = zmq.Context()
    socket = context.socket(zmq.SUB)
    socket.setsockopt(zmq.SUBSCRIBE, SUBSCRIPTION)
    socket.bind("tcp://127.0.0.1:0")
    yield socket, socket.getsockopt_string(zmq.LAST_ENDPOINT)
    context.destroy(linger=0)


def received(socket, steps, enough):
    """What arrived by the time that `enough(messages)` holds."""
    messages = []
    for _ in steps:
        while socket.poll(0):
            messages.append(decode(socket.recv_multipart()))
        if enough(messages):
            break
    return messages


def test_the_monitor_receives_the_very_samples(monitor):
    socket, endpoint = monitor
    ward = occupants("icu.4", 1, 3, single_rhythm("pvc"))
    steps = play(ward, endpoint, fs_hz=250, n_samples=None, pace=Pace(4.0))
    messages = received(socket, steps, lambda m: sum(isinstance(x, Data) for x in m) > 20)
    hello = next(m for m in messages if isinstance(m, Hello))
    assert hello.bed == "icu.4"
    assert hello.patient == "synthetic-3"
    assert hello.flags == Flag.REPLAYED | Flag.SIMULATED
    data = [m for m in messages if isinstance(m, Data)]
    whole = Patient(ward[0].story, seed=3, fs_hz=250).read(2000).samples
    for message in data:
        frame = Layout.of(hello).frame(message, 0)
        n = frame.samples.shape[1]
        assert np.array_equal(frame.samples, whole[:, message.first_sample : message.first_sample + n])


def test_a_ward_is_many_beds_with_different_patients(monitor):
    socket, endpoint = monitor
    ward = occupants("ward.1", 3, 10, load_story("demo"))
    steps = play(ward, endpoint, fs_hz=250, n_samples=None, pace=Pace(4.0))
    messages = received(socket, steps, lambda m: len({x.bed for x in m if isinstance(x, Data)}) == 3)
    assert {m.bed for m in messages} == {"ward.1", "ward.2", "ward.3"}
    assert {m.patient for m in messages if isinstance(m, Hello)} <= {f"synthetic-{n}" for n in (10, 11, 12)}
    assert [who.seed for who in ward] == [10, 11, 12]
    assert ward[0].story.acts == ward[1].story.acts[-1:] + ward[1].story.acts[:-1]


def test_beds_take_the_unit_of_the_first():
    assert [who.bed for who in occupants("icu.7", 2, 0, single_rhythm("sinus"))] == ["icu.1", "icu.2"]
    assert [who.bed for who in occupants("7", 1, 0, single_rhythm("sinus"))] == ["ward.7"]


def test_play_ends_with_the_story_and_after_n_samples():
    story = Story(load_story("demo").acts[:1], loop=False)
    one = occupants("1", 1, 0, story)
    where = {"endpoint": "tcp://127.0.0.1:0", "bind": True, "fs_hz": 100, "pace": Pace(1e6)}
    assert list(play(one, n_samples=None, **where))[-1].n_samples == 4000
    last = list(play(one, n_samples=130, **where))[-1]
    assert last.n_samples == 130
    assert last.caption == "Sinus rhythm"


def test_lead_bits():
    off = np.zeros((12, 20), bool)
    assert lead_bits(off) == 0
    off[[0, 7], 3] = True
    assert lead_bits(off) == 0b10000001


def test_pace_keeps_absolute_deadlines():
    now, slept = [100.0], []

    def sleep(seconds):
        slept.append(seconds)
        now[0] += seconds

    pace = Pace(2.0, lambda: now[0], sleep)
    assert pace.wait_until(0.0) == 0
    assert pace.wait_until(1.0) == 0
    assert now[0] == 100.5
    now[0] += 0.7  # the sender was busy past the next deadline
    assert pace.wait_until(2.0) == pytest.approx(0.2)
    assert pace.wait_until(4.0) == 0
    assert now[0] == pytest.approx(102.0)  # the delay did not add up
    assert slept == pytest.approx([0.5, 0.8])
