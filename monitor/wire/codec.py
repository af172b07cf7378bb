"""Messages to frames of bytes and back."""

import re
from functools import lru_cache
from typing import Any, Final

import msgpack

from engine.grid import MAX_SOURCE_HZ, MIN_SOURCE_HZ
from monitor.wire.fields import BadMessage, Fields
from monitor.wire.limits import MAX_MESSAGE_BYTES, MAX_MESSAGE_S, VERSION
from monitor.wire.message import Bye, Data, Flag, Heartbeat, Hello, Message
from monitor.wire.topic import control_topic, data_topic, parse_topic

__all__ = ["BadMessage", "decode", "encode"]

CONTROL_FRAMES: Final = 2
"""Topic and map ..."""
DATA_FRAMES: Final = 3
"""... and payload."""
_PUBLISHER: Final = re.compile(r"[A-Za-z0-9_-]{1,64}")
_U64: Final = 2**64 - 1
_FLAGS: Final = int(Flag.REPLAYED | Flag.SELF_TEST | Flag.PACED | Flag.SIMULATED)
_FLAGS_OF: Final = tuple(Flag(bits) for bits in range(_FLAGS + 1))
_COUNTS: Final = {"seq": None, "first": None, "n": None, "flags": 0, "t_dev": 0, "t_pub": 0}
"""Whole numbers of a data header, with the defaults of those that may be left out ..."""
_BITS: Final = {"layout": None, "off": 0}
"""... and those that use all 64 bits."""
_MAX_N: Final = int(MAX_MESSAGE_S * MAX_SOURCE_HZ)


def encode(message: Message) -> list[bytes]:
    """Return the frames of `message`: topic, msgpack map and, for data, the payload."""
    if isinstance(message, Data):
        return [data_topic(message.bed), _pack(_data_header(message)), message.payload]
    return [control_topic(message.bed), _pack(_control_body(message))]


def decode(parts: list[bytes]) -> Message:
    """Return the message in `parts`; raises `BadMessage` naming what is wrong with it."""
    topic = parse_topic(parts[0]) if parts else None
    if topic is None:
        raise BadMessage("bad_topic", "a message whose first frame is no topic ecg1.<unit>.<bed>.")
    major, control, bed = topic
    _check_major(major)
    n_frames = CONTROL_FRAMES if control else DATA_FRAMES
    if len(parts) != n_frames:
        raise BadMessage("bad_frames", f"{bed}: {len(parts)} frames instead of {n_frames}")
    if sum(map(len, parts)) > MAX_MESSAGE_BYTES:
        raise BadMessage(
            "too_large", f"{bed}: a message larger than {MAX_MESSAGE_BYTES} bytes; send shorter chunks"
        )
    try:
        fields = Fields(parts[1])
        _check_major(fields.major_version())
        return _control(bed, fields) if control else _data(bed, fields, parts[2])
    except BadMessage as bad:
        raise BadMessage(bad.reason, f"{bed}: {bad}") from bad.__cause__


def _check_major(major: int) -> None:
    if major != VERSION[0]:
        raise BadMessage(
            "unknown_version",
            f"the publisher speaks ECGM/{major}, this monitor ECGM/{VERSION[0]}: "
            "update whichever is older, or set the device to this version",
        )


def _pack(fields: dict[str, Any]) -> bytes:
    packed: bytes = msgpack.packb(fields)
    return packed


def _data_header(data: Data) -> dict[str, Any]:
    return {
        "v": VERSION,
        "pub": data.publisher,
        "seq": data.seq,
        "first": data.first_sample,
        "n": data.n_samples,
        "fs": data.fs_hz,
        "layout": data.layout,
        "off": data.lead_off,
        "flags": int(data.flags),
        "t_dev": data.device_ns,
        "t_pub": data.sent_ns,
    }


def _control_body(message: Hello | Heartbeat | Bye) -> dict[str, Any]:
    common = {"v": VERSION, "pub": message.publisher, "t_pub": message.sent_ns}
    if isinstance(message, Heartbeat):
        return {**common, "type": "heartbeat"}
    if isinstance(message, Bye):
        return {**common, "type": "bye", "reason": message.reason}
    scaling = {"gain": message.gain_uv, "offset": message.offset_uv} if message.payload == "int16" else {}
    return {
        **common,
        **scaling,
        "type": "hello",
        "leads": message.leads,
        "fs": message.fs_hz,
        "unit": message.unit,
        "payload": message.payload,
        "layout": message.layout,
        "flags": int(message.flags),
        "device": message.device,
        "serial": message.serial,
        "patient": message.patient,
        "filters": message.filters,
    }


def _data(bed: str, fields: Fields, payload: bytes) -> Data:
    seq, first_sample, n_samples, flags, device_ns, sent_ns = fields.integers(_COUNTS)
    layout, lead_off = fields.integers(_BITS, maximum=_U64)
    if n_samples > _MAX_N:
        fields.integer("n", maximum=_MAX_N)
    return Data(
        bed=bed,
        publisher=_publisher(fields),
        seq=seq,
        first_sample=first_sample,
        n_samples=n_samples,
        fs_hz=_rate(fields),
        layout=layout,
        payload=payload,
        lead_off=lead_off,
        flags=_FLAGS_OF[flags & _FLAGS],
        device_ns=device_ns,
        sent_ns=sent_ns,
    )


def _control(bed: str, fields: Fields) -> Hello | Heartbeat | Bye:
    kind, publisher, sent_ns = fields.text("type"), _publisher(fields), fields.integer("t_pub", 0)
    if kind == "heartbeat":
        return Heartbeat(bed, publisher, sent_ns)
    if kind == "bye":
        return Bye(bed, publisher, fields.text("reason", ""), sent_ns)
    if kind == "hello":
        return _hello(bed, publisher, fields, sent_ns)
    raise BadMessage("unknown_type", f"a control message of type {kind!r}; known are hello, heartbeat, bye")


def _hello(bed: str, publisher: str, fields: Fields, sent_ns: int) -> Hello:
    leads = fields.texts("leads")
    payload = fields.text("payload")
    if payload not in ("int16", "float32"):
        raise BadMessage("bad_payload", f"payload {payload!r}; known are int16 and float32")
    scaled = payload == "int16"
    return Hello(
        bed=bed,
        publisher=publisher,
        leads=leads,
        fs_hz=_rate(fields),
        unit=fields.text("unit", "mV"),
        payload="int16" if scaled else "float32",
        gain_uv=fields.numbers("gain", len(leads), 1.0) if scaled else (),
        offset_uv=fields.numbers("offset", len(leads), 0.0) if scaled else (),
        layout=fields.integer("layout", maximum=_U64),
        flags=_FLAGS_OF[fields.integer("flags", 0) & _FLAGS],
        device=fields.text("device", ""),
        serial=fields.text("serial", ""),
        patient=fields.text("patient", ""),
        filters=fields.text("filters", ""),
        sent_ns=sent_ns,
    )


def _publisher(fields: Fields) -> str:
    publisher = fields.text("pub")
    if not _is_publisher(publisher):
        raise BadMessage(
            "bad_field", f"publisher {publisher!r}; expected 1 to 64 letters, digits, '-' or '_'"
        )
    return publisher


@lru_cache(1024)
def _is_publisher(text: str) -> bool:
    return _PUBLISHER.fullmatch(text) is not None


def _rate(fields: Fields) -> float:
    fs_hz = fields.number("fs")
    if not MIN_SOURCE_HZ <= fs_hz <= MAX_SOURCE_HZ:
        raise BadMessage(
            "bad_rate",
            f"sampling rate {fs_hz:g} Hz; set the device to {MIN_SOURCE_HZ} to {MAX_SOURCE_HZ} Hz",
        )
    return fs_hz
