"""Whatever is sent, the intake does not raise, and what it gives out rises and is true."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.intake import Intake
from monitor.wire import encode


@given(st.lists(st.binary(max_size=200), max_size=5))
def test_random_bytes_are_counted(parts):
    intake = Intake()
    assert intake.accept(parts, 0) == []
    assert sum(intake.counters.values()) == 1


topics = st.sampled_from([b"ecg1.ward.1.", b"ecg1c.ward.1.", b"ecg9.ward.1."])


@given(topics, st.lists(st.binary(max_size=300), max_size=3))
def test_random_bytes_under_a_true_topic_are_counted(topic, rest):
    intake = Intake()
    assert intake.accept([topic, *rest], 0) == []
    assert sum(intake.counters.values()) == 1


@st.composite
def vandalism(draw):
    """Which message, which frame, where, and what is written there."""
    where = draw(st.tuples(st.integers(0, 30), st.integers(0, 2), st.integers(0, 10**4)))
    return (*where, draw(st.binary(max_size=12)), draw(st.booleans()))


def vandalised(parts, frame, at, junk, cut):
    frame %= len(parts)
    old = parts[frame]
    at %= len(old) + 1
    return [*parts[:frame], old[:at] + junk + (b"" if cut else old[at + len(junk) :]), *parts[frame + 1 :]]


@settings(max_examples=200, deadline=None)
@given(damages=st.lists(vandalism(), max_size=6))
def test_damaged_messages_never_raise_and_order_holds(new_device, damages):
    device, intake, end, now_ns = new_device(), Intake(), 0, 10**12
    stream = [encode(device.hello()), *(encode(device.data()) for _ in range(30)), encode(device.hello())]
    for index, frame, at, junk, cut in damages:
        stream[index] = vandalised(stream[index], frame, at, junk, cut)
    for parts in stream:
        now_ns += 40_000_000
        for piece in intake.accept(parts, now_ns):
            if piece.bed == "ward.1":
                assert piece.first_sample >= end and piece.x.shape == piece.valid.shape
                end = piece.end_sample
        for bed in ("", *intake.beds):
            intake.source(bed, now_ns)
            assert all(finding.text.isprintable() for finding in intake.findings(bed, now_ns))


network = st.lists(
    st.tuples(st.integers(0, 7), st.sampled_from(["pass", "drop", "twice", "hold"])), min_size=1, max_size=60
)


@settings(deadline=None)
@given(fates=network)
def test_every_sample_given_out_is_true_and_comes_once(new_desk, new_device, fates):
    desk, device, held = new_desk(), new_device(), []
    desk.take(device.hello())
    for skip, fate in fates:
        device.session.skip(skip)
        message = device.data(5)
        if fate == "hold":
            held.append(message)
        elif fate != "drop":
            desk.take(message, *([message] if fate == "twice" else []))
            desk.take(*held)
            held = []
    desk.take(*held, device.session.bye())
    signal = desk.signal()
    offset = {value - index for index, value in signal}
    assert len(offset) <= 1 + desk.counters.get("restart", 0)
    assert len({index for index, _ in signal}) == len(signal)


def joined(desk):
    """All that was given out, as one signal from its first sample on."""
    end = desk.pieces[0].first_sample if desk.pieces else 0
    for piece in desk.pieces:
        assert piece.first_sample >= end
        end = piece.end_sample
    x, valid = np.zeros((12, end), np.float32), np.zeros((12, end), bool)
    for piece in desk.pieces:
        places = slice(piece.first_sample, piece.end_sample)
        x[:, places], valid[:, places] = piece.x, piece.valid
    return x, valid


fates = st.lists(
    st.tuples(
        st.integers(1, 60),
        st.sampled_from(["pass", "pass", "pass", "drop", "twice", "skip", "hello", "beat", "off", "give"]),
    ),
    min_size=1,
    max_size=40,
)


@settings(deadline=None, max_examples=60)
@given(fates=fates, fs_hz=st.sampled_from([250.0, 500.0, 360.0]), hop_n=st.sampled_from([100, 250]))
def test_messages_that_wait_for_each_other_give_the_same_signal_and_counts(
    new_desk, new_device, fates, fs_hz, hop_n
):
    prompt, patient, device = new_desk(), new_desk(), new_device(fs_hz=fs_hz)
    for desk in (prompt, patient):
        desk.take(device.hello())
    for n, fate in fates:
        if fate == "skip":
            device.session.skip(n)
        message = device.data(n, lead_off=2 if fate == "off" else 0)
        messages = {"drop": [], "twice": [message] * 2, "hello": [message, device.hello()]}.get(
            fate, [message]
        )
        messages += [device.session.heartbeat()] if fate == "beat" else []
        for desk in (prompt, patient):
            desk.take(*messages)
        if fate == "give":
            patient.pieces += patient.intake.give("ward.1")
        head = patient.pieces[-1].end_sample if patient.pieces else 0
        patient.intake.want("ward.1", (head // hop_n + 1) * hop_n)
    at_once = prompt.pieces[-1].end_sample if prompt.pieces else 0
    so_far = patient.pieces[-1].end_sample if patient.pieces else 0
    assert at_once // hop_n == so_far // hop_n  # what completes a hop never waits
    for desk in (prompt, patient):
        desk.take(device.session.bye())
    for one, other in zip(joined(prompt), joined(patient), strict=True):
        np.testing.assert_array_equal(one, other)
    assert prompt.counters == patient.counters
    assert len(patient.pieces) <= len(prompt.pieces)
