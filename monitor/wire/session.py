"""The publishing side of ECGM/1: samples in, numbered messages out. No socket and no clock."""

import math
import uuid
import zlib
from dataclasses import replace

import numpy as np

from engine.arrays import F32
from engine.errors import ConfigurationError
from engine.grid import MAX_SOURCE_HZ, MIN_SOURCE_HZ
from monitor.wire.layout import INVALID_STEP, factor_of
from monitor.wire.limits import MAX_LEADS
from monitor.wire.message import Bye, Data, Heartbeat, Hello


class Session:
    """One boot of one publisher: describes its samples and numbers them."""

    def __init__(self, hello: Hello) -> None:
        _check(hello)
        n = len(hello.leads)
        if hello.payload == "int16":
            hello = replace(
                hello, gain_uv=hello.gain_uv or (1.0,) * n, offset_uv=hello.offset_uv or (0.0,) * n
            )
        hello = replace(hello, publisher=hello.publisher or uuid.uuid4().hex)
        self.hello = replace(hello, layout=_layout_hash(hello))
        self.next_sample = 0
        self.next_seq = 0

    def data(self, samples: F32, lead_off: int = 0, device_ns: int = 0, sent_ns: int = 0) -> Data:
        """Number `samples` (n_leads, n), in the hello's unit with NaN where invalid."""
        hello, shape = self.hello, np.shape(samples)
        if len(shape) != 2 or shape[0] != len(hello.leads):
            raise ConfigurationError(
                f"samples of shape {shape} for {len(hello.leads)} leads: give (n_leads, n_samples)"
            )
        message = Data(
            bed=hello.bed,
            publisher=hello.publisher,
            seq=self.next_seq,
            first_sample=self.next_sample,
            n_samples=shape[1],
            fs_hz=hello.fs_hz,
            layout=hello.layout,
            payload=self._payload(np.asarray(samples)),
            lead_off=lead_off,
            flags=hello.flags,
            device_ns=device_ns,
            sent_ns=sent_ns,
        )
        self.next_seq += 1
        self.next_sample += shape[1]
        return message

    def skip(self, n_samples: int) -> None:
        """Leave out samples that the device lost: the next one's index is that much higher."""
        self.next_sample += n_samples

    def announce(self, sent_ns: int = 0) -> Hello:
        """Return the hello."""
        return replace(self.hello, sent_ns=sent_ns)

    def heartbeat(self, sent_ns: int = 0) -> Heartbeat:
        """Return a heartbeat."""
        return Heartbeat(self.hello.bed, self.hello.publisher, sent_ns)

    def bye(self, reason: str = "", sent_ns: int = 0) -> Bye:
        """Return the last message."""
        return Bye(self.hello.bed, self.hello.publisher, reason, sent_ns)

    def _payload(self, samples: F32) -> bytes:
        hello = self.hello
        if hello.payload == "float32":
            return np.ascontiguousarray(samples.T, dtype="<f4").tobytes()
        microvolts = samples.T * (1e3 * factor_of(hello.unit))
        steps = np.rint((microvolts - np.array(hello.offset_uv)) / np.array(hello.gain_uv))
        steps = np.where(np.isfinite(steps), np.clip(steps, -32767, 32767), INVALID_STEP)
        return np.ascontiguousarray(steps, dtype="<i2").tobytes()


def _check(hello: Hello) -> None:
    if not 1 <= len(hello.leads) <= MAX_LEADS:
        raise ConfigurationError(f"{len(hello.leads)} leads; a publisher has 1 to {MAX_LEADS}")
    if not MIN_SOURCE_HZ <= hello.fs_hz <= MAX_SOURCE_HZ:
        raise ConfigurationError(
            f"sampling rate {hello.fs_hz:g} Hz; a publisher sends {MIN_SOURCE_HZ} to {MAX_SOURCE_HZ} Hz"
        )
    factor_of(hello.unit)
    for name, values in (("gains", hello.gain_uv), ("offsets", hello.offset_uv)):
        if values and (len(values) != len(hello.leads) or not all(map(math.isfinite, values))):
            raise ConfigurationError(f"{name} {values}; give one finite number for each of {hello.leads}")
    if any(gain == 0 for gain in hello.gain_uv):
        raise ConfigurationError(f"gains {hello.gain_uv}: 0 microvolts per step hold no signal")


def _layout_hash(hello: Hello) -> int:
    described = (hello.leads, hello.fs_hz, hello.unit, hello.payload, hello.gain_uv, hello.offset_uv)
    return zlib.crc32(repr(described).encode())
