from typing import Any, Final

import msgpack

from monitor.wire.limits import MAX_INDEX, VERSION
from monitor.wire.message import Data

_SHORT_BYTES: Final = 1024
"""Longer headers are looked at field by field."""


class Run:
    """Data messages of one publisher, each of which goes on where the one before it ended.

    Parameters
    ----------
    first : Data
        Decoded and checked.
    """

    def __init__(self, first: Data) -> None:
        self.first = first
        self.further: list[bytes] = []
        """Samples of the messages after the first."""
        self.n_samples = first.n_samples
        self._next_seq = first.seq + 1
        self._same = (VERSION[0], first.n_samples, first.layout, first.lead_off, int(first.flags))

    @property
    def next_sample(self) -> int:
        """First sample of the message that comes next."""
        return self.first.first_sample + self.n_samples

    def add(self, data: Data) -> bool:
        """Take a checked message of the same layout, if it is the next one."""
        place = (data.seq, data.first_sample, data.lead_off)
        if place != (self._next_seq, self.next_sample, self.first.lead_off):
            return False
        self._add(data.payload, data.n_samples)
        return True

    def add_same(self, header: bytes, payload: bytes) -> tuple[int, int] | None:
        """Take the next message as received, if it says of its samples just what the first one said.

        Nothing then remains to be checked. Its `device_ns` and `sent_ns`; None, and nothing is taken, of any
        other message: it may be right all the same.
        """
        if len(payload) != len(self.first.payload) or len(header) > _SHORT_BYTES:
            return None
        try:
            said = msgpack.unpackb(header)
            version, pub, fs_hz = said["v"][0], said["pub"], said["fs"]
            place, same, times = _numbers(said, version)
        except Exception:  # whatever is wrong with it is named where it is decoded
            return None
        numbers = {*map(type, place), *map(type, same), *map(type, times)}
        if numbers != {int} or pub != self.first.publisher or fs_hz != self.first.fs_hz:
            return None
        if place != (self._next_seq, self.next_sample) or same != self._same:
            return None
        if min(times) < 0 or max(times) > MAX_INDEX:
            return None
        self._add(payload, self.first.n_samples)
        return times

    def _add(self, payload: bytes, n_samples: int) -> None:
        self.further.append(payload)
        self.n_samples += n_samples
        self._next_seq += 1


def _numbers(said: dict[str, Any], version: Any) -> tuple[tuple[Any, Any], tuple[Any, ...], tuple[Any, Any]]:
    """Where a message stands, what it says of its samples, and its times."""
    get = said.get
    return (
        (get("seq"), get("first")),
        (version, get("n"), get("layout"), get("off", 0), get("flags", 0)),
        (get("t_dev", 0), get("t_pub", 0)),
    )
