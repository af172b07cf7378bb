"""A recording as a device would send it; `replay` and `analyze` share this, so both feed the same samples."""

from collections.abc import Iterator
from typing import Literal

import numpy as np

from engine.arrays import F32
from monitor.records.record import Record
from monitor.wire import UNKNOWN_UNIT, Flag, Hello, Message, Session
from monitor.wire.limits import CHUNK_S

_MOST_STEPS = 65000


def to_messages(
    record: Record, bed: str, chunk_s: float = CHUNK_S, payload: Literal["float32", "int16"] = "float32"
) -> Iterator[Message]:
    """Yield the hello, the data and the bye that replaying `record` once would send."""
    session = Session(hello_of(record, bed, payload))
    yield session.announce()
    for chunk in chunks(record, chunk_s):
        yield session.data(chunk)
    yield session.bye("end of the recording")


def hello_of(record: Record, bed: str, payload: Literal["float32", "int16"] = "float32") -> Hello:
    """Describe `record`; int16 keeps its own resolution wherever its range allows."""
    scaling = [_scaling(signal, step) for signal, step in zip(record.samples, record.step_uv, strict=True)]
    scaled = payload == "int16"
    return Hello(
        bed=bed,
        publisher="",
        leads=record.leads,
        fs_hz=record.fs_hz,
        unit="mV" if record.calibrated else UNKNOWN_UNIT,
        payload=payload,
        gain_uv=tuple(gain for gain, _ in scaling) if scaled else (),
        offset_uv=tuple(offset for _, offset in scaling) if scaled else (),
        flags=Flag.REPLAYED,
        device="WFDB replay",
        patient=_printable(record.name),
    )


def chunks(record: Record, chunk_s: float = CHUNK_S) -> Iterator[F32]:
    """Yield `record` in pieces of `chunk_s`: (n_leads, n) mV."""
    n = max(1, round(chunk_s * record.fs_hz))
    for start in range(0, int(record.samples.shape[1]), n):
        yield record.samples[:, start : start + n]


def _scaling(signal: F32, step_uv: float) -> tuple[float, float]:
    """Return gain and offset in microvolts that fit `signal` into 16 bits, on its own steps if possible."""
    known = signal[np.isfinite(signal)].astype(np.float64) * 1e3
    low, high = (float(known.min()), float(known.max())) if known.size else (0.0, 0.0)
    step_uv = step_uv or 1.0
    gain = max(step_uv, (high - low) / _MOST_STEPS)
    middle = low + round((high - low) / 2 / gain) * gain
    return gain, middle if max(abs(low), abs(high)) > gain * 32767 else 0.0


def _printable(name: str) -> str:
    return "".join(c for c in name if c.isprintable())[:64]
