"""ECGM/1, the wire protocol: messages, their bytes, how samples are numbered. See `docs/wire-protocol.md`."""

from monitor.wire.codec import BadMessage, decode, encode
from monitor.wire.layout import UNKNOWN_UNIT, Layout
from monitor.wire.message import Bye, Data, Flag, Heartbeat, Hello, Message
from monitor.wire.session import Session
from monitor.wire.topic import SUBSCRIPTION, bed_name, control_topic, data_topic

__all__ = [
    "SUBSCRIPTION",
    "UNKNOWN_UNIT",
    "BadMessage",
    "Bye",
    "Data",
    "Flag",
    "Heartbeat",
    "Hello",
    "Layout",
    "Message",
    "Session",
    "bed_name",
    "control_topic",
    "data_topic",
    "decode",
    "encode",
]
