import msgpack
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import ConfigurationError, WireError
from monitor.wire import BadMessage, Data, Flag, Heartbeat, Hello, Layout, Session, bed_name, decode, encode

LEADS = ("I", "II", "V1")


def session(**about):
    return Session(Hello("icu.3", "boot-1", LEADS, 500.0, **about))


def test_every_message_survives_the_wire():
    s = session(payload="int16", gain_uv=(1.0, 2.5, 5.0), device="pump", serial="7", flags=Flag.PACED)
    samples = np.zeros((3, 20), np.float32)
    for message in (s.announce(5), s.data(samples, 0b101, 7, 8), s.heartbeat(9), s.bye("off", 10)):
        assert decode(encode(message)) == message


def test_data_are_numbered_and_skips_leave_a_hole():
    s = session()
    first, second = s.data(np.zeros((3, 20), np.float32)), s.data(np.zeros((3, 5), np.float32))
    s.skip(100)
    third = s.data(np.zeros((3, 5), np.float32))
    assert [m.seq for m in (first, second, third)] == [0, 1, 2]
    assert [m.first_sample for m in (first, second, third)] == [0, 20, 125]


@given(st.lists(st.floats(-30, 30, width=32) | st.just(float("nan")), min_size=1, max_size=40))
def test_int16_keeps_samples_to_half_a_step_and_invalid_ones_invalid(values):
    s = session(payload="int16", gain_uv=(1.0, 1.0, 1.0))
    samples = np.array([values] * 3, np.float32)
    frame = Layout.of(s.hello).frame(s.data(samples), 0)
    finite = np.isfinite(samples[0])
    assert np.array_equal(frame.valid[0], finite)
    assert np.abs(frame.samples[0] - samples[0])[finite].max(initial=0) <= 0.501e-3


@pytest.mark.parametrize(
    ("unit", "factor"), [("mV", 1), ("mv", 1), ("uV", 1e-3), ("µV", 1e-3), ("V", 1e3), ("nV", 1e-6)]
)
@pytest.mark.parametrize("payload", ["float32", "int16"])
def test_units_become_millivolts(unit, factor, payload):
    s = session(unit=unit, payload=payload)
    frame = Layout.of(s.hello).frame(s.data(np.full((3, 4), 2.0 / factor, np.float32)), 0)
    assert np.allclose(frame.samples[0], 2.0)


def test_leads_are_placed_derived_and_marked_off():
    s = session()
    data = s.data(np.array([[1.0], [3.0], [7.0]], np.float32), lead_off=0b001)
    frame = Layout.of(s.hello).frame(data, 0)
    assert frame.samples[1, 0] == 3.0 and frame.samples[6, 0] == 7.0
    assert frame.lead_off[:6].tolist() == [True, False, True, True, True, True]  # III, aVx hang on I
    assert frame.valid[:, 0].tolist() == [False, True, False, False, False, False, True] + [False] * 5


def test_no_electrode_delivers_five_volts():
    s = session()
    samples = np.array([[1e30, np.inf, -6e3, 1.0]] * 3, np.float32)
    frame = Layout.of(s.hello).frame(s.data(samples), 0)
    assert frame.valid[0].tolist() == [False, False, False, True]


def changed(parts, **fields):
    header = msgpack.unpackb(parts[1])
    header.update(fields)
    return [parts[0], msgpack.packb({k: v for k, v in header.items() if v is not None}), *parts[2:]]


def test_another_minor_version_and_unknown_fields_are_accepted():
    parts = encode(session().heartbeat())
    assert isinstance(decode(changed(parts, v=[1, 99], mood="good")), Heartbeat)


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"v": [2, 0]}, "unknown_version"),
        ({"v": None}, "bad_field"),
        ({"fs": 50}, "bad_rate"),
        ({"fs": 5000.0}, "bad_rate"),
        ({"fs": float("nan")}, "bad_field"),
        ({"seq": -1}, "bad_field"),
        ({"seq": True}, "bad_field"),
        ({"first": 2**64 - 1}, "bad_field"),
        ({"n": 10**6}, "bad_field"),
        ({"pub": "a\x1bb"}, "bad_field"),
        ({"layout": None}, "bad_field"),
    ],
)
def test_bad_data_headers_are_named(fields, reason):
    parts = encode(session().data(np.zeros((3, 20), np.float32)))
    with pytest.raises(BadMessage) as raised:
        decode(changed(parts, **fields))
    assert raised.value.reason == reason


@pytest.mark.parametrize(
    ("parts", "reason"),
    [
        ([], "bad_topic"),
        ([b"hello"], "bad_topic"),
        ([b"ecg1.ward.1", b""], "bad_topic"),
        ([b"ecg2.ward.1.", b"", b""], "unknown_version"),
        ([b"ecg1.ward.1.", b"\x80"], "bad_frames"),
        ([b"ecg1c.ward.1.", b"\xc1"], "bad_bytes"),
        ([b"ecg1c.ward.1.", b"\x01"], "bad_bytes"),
        ([b"ecg1c.ward.1.", b"\x80" * 20000], "too_large"),
        ([b"ecg1.ward.1.", b"\x80", bytes(5 * 2**20)], "too_large"),
    ],
)
def test_what_is_no_message_is_named(parts, reason):
    with pytest.raises(BadMessage) as raised:
        decode(parts)
    assert raised.value.reason == reason


@pytest.mark.parametrize(
    ("about", "reason"),
    [
        ({"leads": ("PLETH",)}, "bad_leads"),
        ({"leads": ("II", "MLII")}, "bad_leads"),
        ({"unit": "mmHg"}, "bad_unit"),
        ({"payload": "int16", "gain_uv": (0.0,), "offset_uv": (0.0,)}, "bad_gain"),
    ],
)
def test_a_hello_that_cannot_be_used_is_refused_with_a_reason(about, reason):
    hello = Hello(**{"bed": "icu.3", "publisher": "p", "leads": ("II",), "fs_hz": 500.0, **about})
    with pytest.raises(BadMessage) as raised:
        Layout.of(hello)
    assert raised.value.reason == reason


@pytest.mark.parametrize("change", [{"n_samples": 19}, {"n_samples": 0}, {"fs_hz": 250.0}])
def test_data_that_contradict_their_hello_are_refused(change):
    s = session()
    data = s.data(np.zeros((3, 20), np.float32))
    fields = {name: getattr(data, name) for name in Data.__slots__} | change
    with pytest.raises(BadMessage):
        Layout.of(s.hello).check(Data(**fields))


@pytest.mark.parametrize(
    ("text", "bed"),
    [("3", "ward.3"), ("icu.7", "icu.7"), ("a-b_C.x", "a-b_C.x"), ("1" * 32, "ward." + "1" * 32)],
)
def test_bed_names(text, bed):
    assert bed_name(text) == bed


@pytest.mark.parametrize("text", ["", ".", "a.b.c", "bed 1", "1" * 33, "ü"])
def test_bad_bed_names_name_the_cure(text):
    with pytest.raises(ConfigurationError, match=r"ward\.3"):
        bed_name(text)


@pytest.mark.parametrize(
    "about",
    [
        {"leads": ()},
        {"fs_hz": 50.0},
        {"unit": "bananas"},
        {"gain_uv": (1.0, 2.0)},
        {"gain_uv": (0.0,)},
    ],
)
def test_a_publisher_is_told_at_once_what_it_cannot_send(about):
    with pytest.raises((ConfigurationError, WireError)):
        Session(Hello(**{"bed": "icu.3", "publisher": "p", "leads": ("II",), "fs_hz": 500.0, **about}))
