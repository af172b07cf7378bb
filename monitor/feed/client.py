import getpass
import itertools
from time import monotonic
from types import TracebackType
from typing import Any, Final, Literal, Self

import zmq

from engine.errors import ConfigurationError, WireError
from monitor.endpoints import connect
from monitor.feed.codec import FeedValue, decode
from monitor.feed.request import Reply, Request, pack, unpack

TIMEOUT_S: Final = 2.0


class CommandClient:
    """An operator's hand on the core: each call returns when the core has done it, or raises with the reason.

    Like every socket it belongs to one thread. A call waits at most `timeout_s`.
    """

    def __init__(
        self, endpoint: str, *, operator: str = "", insecure: bool = False, timeout_s: float = TIMEOUT_S
    ) -> None:
        self.endpoint = endpoint
        self.operator = operator or getpass.getuser()
        self.timeout_s = timeout_s
        self._ids = itertools.count(1)
        self._socket: zmq.Socket[bytes] = zmq.Context.instance().socket(zmq.DEALER)
        self._socket.setsockopt(zmq.LINGER, 0)
        # Never queue a command for a core that is not there: it would be obeyed whenever one appears.
        self._socket.setsockopt(zmq.IMMEDIATE, 1)
        try:
            connect(self._socket, endpoint, insecure)
        except BaseException:
            self._socket.close()
            raise

    def acknowledge(self, bed: str, alarm_id: int | None = None) -> None:
        """Acknowledge one alarm of a bed, or all of them."""
        self._ask(what="acknowledge", bed=bed, alarm_id=alarm_id)

    def pause_audio(self, bed: str, pause: bool = True) -> None:
        """Silence a bed's alarm sounds for two minutes, or end the silence."""
        self._ask(what="pause_audio", bed=bed, pause=pause)

    def set_limits(self, bed: str, **limits: float) -> None:
        """Change alarm limits of a bed by name."""
        self._ask(what="set_limits", bed=bed, limits=limits)

    def baseline(self, bed: str, action: Literal["forget", "relearn"]) -> None:
        """Have what was learned of a bed's patient forgotten, or learned anew."""
        self._ask(what="baseline", bed=bed, action=action)

    def note(self, bed: str, alarm_id: int, raised_ns: int, text: str, run: str) -> None:
        """Write a note to an alarm of the journal that the core of this run writes."""
        self._ask(what="note", bed=bed, alarm_id=alarm_id, raised_ns=raised_ns, text=text, run=run)

    def snapshot(self, bed: str = "") -> tuple[FeedValue, ...]:
        """Fetch the present state of one bed or all: status, updates and the last ten seconds of waveform."""
        return tuple(decode(list(parts))[0] for parts in self._ask(what="snapshot", bed=bed).messages)

    def close(self) -> None:
        """Let go of the core."""
        self._socket.close()

    def _ask(self, **words: Any) -> Reply:
        request = Request(id=next(self._ids), operator=self.operator, **words)
        deadline = monotonic() + self.timeout_s
        self._socket.setsockopt(zmq.SNDTIMEO, round(self.timeout_s * 1000))
        try:
            self._socket.send(pack(request))
            reply = self._reply_to(request, deadline)
        except zmq.Again:
            reply = None
        if reply is None:
            raise ConfigurationError(
                f"no answer to '{request.what}' from the core at {self.endpoint} within "
                f"{self.timeout_s:g} s: is it running, and is this its --commands endpoint?"
            )
        if reply.error:
            raise ConfigurationError(reply.error)
        return reply

    def _reply_to(self, request: Request, deadline: float) -> Reply | None:
        while (left_s := deadline - monotonic()) > 0 and self._socket.poll(round(left_s * 1000)):
            try:
                reply = unpack(Reply, self._socket.recv())
            except WireError:
                continue
            if reply.id == request.id:  # a late answer to an earlier request is of no use any more
                return reply
        return None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
