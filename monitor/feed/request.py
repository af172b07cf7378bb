"""Commands on their way to the core: `Request` and `Reply`, msgpack maps in one frame each."""

from dataclasses import dataclass, field
from typing import Literal, TypeVar

import msgpack

from engine.errors import WireError
from monitor.feed.plainform import from_plain, to_map

M = TypeVar("M", bound="Request | Reply")


@dataclass(frozen=True, slots=True)
class Request:
    """What an operator asks of the core."""

    id: int
    """Chosen by the client; the reply carries it."""
    what: Literal["acknowledge", "pause_audio", "set_limits", "baseline", "snapshot", "note"]
    operator: str
    """Who asks; recorded in the acknowledgement trail."""
    bed: str = ""
    """Empty: all beds (snapshot alone)."""
    alarm_id: int | None = None
    """The alarm to acknowledge; None: all of the bed."""
    pause: bool = True
    """For pause_audio: False ends the pause."""
    limits: dict[str, float] = field(default_factory=dict)
    """For set_limits: name of the limit -> value."""
    action: str = ""
    """For baseline: "forget" or "relearn"."""
    text: str = ""
    """For note: what the operator writes to an alarm, perhaps one of long ago."""
    raised_ns: int = 0
    """For note: when the alarm was raised, which tells it from others of its id."""
    run: str = ""
    """For note: the core that is meant, by its run; another one writes another journal."""


@dataclass(frozen=True, slots=True)
class Reply:
    """The core's answer."""

    id: int
    error: str = ""
    """Why the request was refused, and the cure; empty when it was done."""
    messages: tuple[tuple[bytes, ...], ...] = ()
    """For snapshot: feed messages, oldest first."""


def pack(message: Request | Reply) -> bytes:
    """Encode a request or a reply."""
    packed: bytes = msgpack.packb(to_map(message))
    return packed


def unpack(kind: type[M], body: bytes) -> M:
    """Decode a request or a reply; raise WireError when it is none."""
    try:
        return from_plain(kind, msgpack.unpackb(body))
    except (KeyError, TypeError, ValueError, AttributeError, msgpack.exceptions.UnpackException) as error:
        raise WireError(f"not a {kind.__name__.lower()}: {error!r}") from error
