"""Bed names and the topics made of them."""

import re
from functools import lru_cache
from typing import Final

from engine.errors import ConfigurationError

SUBSCRIPTION: Final = b"ecg"
"""What a monitor subscribes to: all beds, data and control, and other versions so that they can be named."""

DEFAULT_UNIT: Final = "ward"
_BED: Final = re.compile(r"(?:([A-Za-z0-9_-]{1,32})\.)?([A-Za-z0-9_-]{1,32})")
_MAX_TOPIC: Final = 80
_TOPIC: Final = re.compile(rb"ecg([0-9]{1,4})(c?)\.([A-Za-z0-9_-]{1,32}\.[A-Za-z0-9_-]{1,32})\.")


def bed_name(text: str) -> str:
    """Return `unit.bed`; a bare bed belongs to the unit `ward`."""
    match = _BED.fullmatch(text)
    if match is None:
        raise ConfigurationError(
            f"{text!r} is no bed name: give UNIT.BED or BED, each of 1 to 32 letters, digits, '-' or '_', "
            f"for example {DEFAULT_UNIT}.3 or 3"
        )
    return f"{match[1] or DEFAULT_UNIT}.{match[2]}"


def data_topic(bed: str) -> bytes:
    """Topic of samples; its last dot keeps bed 1 apart from bed 10 (ZeroMQ matches prefixes)."""
    return f"ecg1.{bed}.".encode("ascii")


def control_topic(bed: str) -> bytes:
    """Topic of hello, heartbeat and bye."""
    return f"ecg1c.{bed}.".encode("ascii")


def parse_topic(topic: bytes) -> tuple[int, bool, str] | None:
    """Return (major version, is control, bed), or None if this is no ECGM topic."""
    return _parsed(topic) if len(topic) <= _MAX_TOPIC else None


@lru_cache(4096)
def _parsed(topic: bytes) -> tuple[int, bool, str] | None:
    match = _TOPIC.fullmatch(topic)
    return None if match is None else (int(match[1]), bool(match[2]), match[3].decode("ascii"))
