"""What is taken without being decoded again must be exactly what would have passed decoding."""

import msgpack
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.intake import Intake
from monitor.intake.intake import NO_BED
from monitor.wire import Hello, Session, encode
from monitor.wire.run import Run

N_LEADS, N_SAMPLES, BED = 2, 20, "icu.1"
ODD = st.sampled_from([None, True, False, 0, 0.0, 1, -1, 2**63, "x", [1, 0], [2, 0], [True], {}])
FIELDS = st.sampled_from(
    ["v", "pub", "seq", "first", "n", "fs", "layout", "off", "flags", "t_dev", "t_pub", "?"]
)
CHANGES = st.one_of(
    st.none(),
    st.tuples(st.just("set"), FIELDS, ODD),
    st.tuples(st.just("without"), FIELDS, st.none()),
    st.tuples(st.just("add"), st.sampled_from(["seq", "first", "n"]), st.integers(-3, 3)),
    st.tuples(st.just("skip"), st.just(""), st.integers(1, 40)),
    st.tuples(st.just("hello"), st.just(""), st.none()),
    st.tuples(st.just("payload"), st.just(""), st.binary(max_size=8)),
    st.tuples(st.just("header"), st.just(""), st.binary(max_size=8)),
    st.tuples(st.just("frames"), st.just(""), st.none()),
)


def session(publisher="device"):
    return Session(Hello(BED, publisher, ("I", "II"), 250.0, payload="int16"))


def spoilt(device, change):
    """The frames of the next message, changed in one respect."""
    if change is not None and change[0] == "hello":
        return encode(device.announce())
    if change is not None and change[0] == "skip":
        device.skip(change[2])
    ramp = (device.next_sample + np.arange(N_SAMPLES)) / 1000
    topic, header, payload = encode(device.data(np.stack([ramp, -ramp]), device_ns=0, sent_ns=10**9))
    if change is None:
        return [topic, header, payload]
    kind, name, value = change
    said = msgpack.unpackb(header)
    if kind == "set":
        said[name] = value
    if kind == "without":
        said.pop(name, None)
    if kind == "add":
        said[name] += value
    header = value if kind == "header" else msgpack.packb(said)
    return [topic, header, value if kind == "payload" else payload][: 2 if kind == "frames" else 3]


def given_out(intake, messages, decode_each):
    """Everything that can be told from outside after each message."""
    seen = []
    for number, parts in enumerate(messages):
        if decode_each:
            intake._of_topic.clear()
        intake.want(BED, 100 * (number // 7 + 1))
        pieces = intake.accept(parts, 10**9 + number * 40_000_000)
        seen += [
            (piece.first_sample, piece.x.tobytes(), piece.valid.tobytes(), piece.arrived_ns)
            for piece in pieces
        ]
        seen.append((dict(intake.counters_of(BED)), dict(intake.counters_of(NO_BED))))
        seen.append((intake.source(BED, 0), intake.findings(BED, 0)))
    return seen


@settings(max_examples=300)
@given(st.lists(CHANGES, max_size=40))
def test_messages_are_taken_as_if_each_had_been_decoded(changes):
    device = session()
    messages = [encode(device.announce())] + [spoilt(device, None) for _ in range(3)]
    messages += [spoilt(device, change) for change in changes] + [spoilt(device, None) for _ in range(3)]
    assert given_out(Intake(), messages, False) == given_out(Intake(), messages, True)


def test_a_message_that_only_goes_on_need_not_be_decoded():
    device = session()
    first, then, later = (device.data(np.zeros((N_LEADS, N_SAMPLES)), sent_ns=7) for _ in range(3))
    run = Run(first)
    assert run.add_same(*encode(later)[1:]) is None and run.n_samples == N_SAMPLES
    assert run.add_same(*encode(then)[1:]) == (0, 7)
    assert run.n_samples == 2 * N_SAMPLES and run.next_sample == later.first_sample


@pytest.mark.parametrize("decode_each", [False, True])
def test_a_device_that_was_replaced_is_not_heard_again(decode_each):
    old, new, intake = session("old"), session("new"), Intake()

    def take(parts, now_s):
        if decode_each:
            intake._of_topic.clear()
        intake.accept(parts, round(now_s * 1e9))

    take(encode(old.announce()), 1.0)
    intake.want(BED, 10_000)
    for n in range(4):
        take(spoilt(old, None), 1.1 + 0.04 * n)
    take(spoilt(new, None), 6.0)  # the old one was silent; nobody knows the new one's samples yet
    take(spoilt(old, None), 6.1)
    assert intake.counters_of(BED) == {"restart": 1, "waiting_for_hello": 1, "two_publishers": 1}
