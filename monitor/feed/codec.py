"""Feed messages: `[topic, body]`, one topic per kind and bed.

    wave.<bed>.    WaveChunk    msgpack, 20 to 25 a second
    bed.<bed>.     BedUpdate    msgpack, at every hop and alarm event
    core.          CoreStatus   msgpack, every second
    alarm.<bed>.   AlarmEvent   JSON, for other systems as well

Each body carries `seq`, counted per topic, so that a reader knows what it missed.
"""

import json
from typing import Any, Final

import msgpack
import numpy as np

from engine.errors import WireError
from monitor.alarms.alarm import AlarmEvent
from monitor.feed.plainform import from_plain, to_map
from monitor.update import BedUpdate, CoreStatus, WaveChunk

FeedValue = WaveChunk | BedUpdate | CoreStatus | AlarmEvent
"""What a feed message holds."""

N_LEADS: Final = 12


def topic_of(value: FeedValue) -> bytes:
    """Name the topic of a value; the trailing dot keeps `ward.1` from matching `ward.10`."""
    match value:
        case WaveChunk():
            return f"wave.{value.bed}.".encode()
        case BedUpdate():
            return f"bed.{value.bed}.".encode()
        case CoreStatus():
            return b"core."
        case AlarmEvent():
            return f"alarm.{value.alarm.bed}.".encode()


def encode(value: FeedValue, seq: int = 0) -> list[bytes]:
    """Turn a value into the two frames of a feed message."""
    if isinstance(value, AlarmEvent):
        return [topic_of(value), json.dumps({"seq": seq, **to_map(value)}, default=to_map).encode()]
    return [topic_of(value), msgpack.packb({"seq": seq, **_plain(value)}, default=to_map)]


def decode(parts: list[bytes]) -> tuple[FeedValue, int]:
    """Turn a feed message into its value and sequence number; raise WireError when it is none."""
    if len(parts) != 2:
        raise WireError(f"feed message of {len(parts)} frames, expected topic and body")
    topic, body = parts
    kind = topic.split(b".", 1)[0]
    try:
        plain = json.loads(body) if kind == b"alarm" else msgpack.unpackb(body)
        return _value(kind, plain), int(plain["seq"])
    except (KeyError, TypeError, ValueError, AttributeError, msgpack.exceptions.UnpackException) as error:
        raise WireError(f"feed message on topic {topic!r} is not readable: {error!r}") from error


def _value(kind: bytes, plain: dict[str, Any]) -> FeedValue:
    match kind:
        case b"wave":
            return _wave_from_plain(plain)
        case b"bed":
            return from_plain(BedUpdate, plain)
        case b"core":
            return from_plain(CoreStatus, plain)
        case b"alarm":
            return from_plain(AlarmEvent, plain)
    raise ValueError(f"unknown kind of message {kind!r}")


def _plain(value: WaveChunk | BedUpdate | CoreStatus) -> dict[str, Any]:
    match value:
        case WaveChunk():
            return _wave_to_plain(value)
        case BedUpdate():  # hundreds of spans: a dictionary written out is the quickest
            spans = [
                {"lead": span.lead, "onset": span.onset, "offset": span.offset, "strength": span.strength}
                for span in value.spans
            ]
            return {**to_map(value), "spans": spans}
        case CoreStatus():
            return to_map(value)


def _wave_to_plain(chunk: WaveChunk) -> dict[str, Any]:
    return {
        "bed": chunk.bed,
        "first_sample": chunk.first_sample,
        "x": np.ascontiguousarray(chunk.x, "<f4").tobytes(),
        "valid": np.packbits(chunk.valid).tobytes(),
    }


def _wave_from_plain(plain: dict[str, Any]) -> WaveChunk:
    x = np.frombuffer(plain["x"], "<f4").reshape(N_LEADS, -1)
    bits = np.unpackbits(np.frombuffer(plain["valid"], np.uint8), count=x.size)
    return WaveChunk(str(plain["bed"]), int(plain["first_sample"]), x, bits.reshape(x.shape).astype(bool))
