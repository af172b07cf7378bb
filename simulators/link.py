"""The thread that owns a publisher's socket, so that heartbeats go on whatever the sender does."""

import math
import threading
import time
from typing import Any, Final

import zmq

from engine.errors import WireError
from monitor import endpoints
from monitor.wire import Message, Session, encode
from monitor.wire.limits import HEARTBEAT_PERIOD_S, HELLO_PERIOD_S

_GRACE_MS: Final = 1000
"""How long a closing link still tries to deliver ..."""
_LOSSLESS_GRACE_MS: Final = 5000
"""... and one that promised to lose nothing: a busy monitor may take no samples for a second or two."""
_HOLD_S: Final = 1.0
"""A lossless link stays open for so long after its last message: when a connection ends while the monitor's
queue is full, libzmq forgets what the kernel still holds for it."""
_SEND_BUFFER_BYTES: Final = 8 * 2**10
"""The kernel's share of the queue, kept small: its default would hide many seconds of stale signal."""


class Link:
    """An XPUB socket with hello to every new subscriber and every 5 s, and a heartbeat every second."""

    def __init__(
        self, session: Session, endpoint: str, bind: bool, insecure: bool, lossless: bool, chunk_s: float
    ) -> None:
        self._session = session
        self._grace_ms = _LOSSLESS_GRACE_MS if lossless else _GRACE_MS
        self._hold_s = _HOLD_S if lossless else 0.0
        self._context: zmq.Context[Any] = zmq.Context()
        self._error: BaseException | None = None
        self._closing = threading.Event()
        self._given_up = False
        self.subscribed = threading.Event()
        self.subscribers = 0
        socket = self._context.socket(zmq.XPUB)
        _configure(socket, lossless, chunk_s)
        try:
            self.endpoint = (endpoints.bind if bind else endpoints.connect)(socket, endpoint, insecure)
        except BaseException:
            self._context.destroy(linger=0)
            raise
        inbox, self._outbox = self._pair(endpoints.queue_length(chunk_s))
        self._thread = threading.Thread(
            target=self._run, args=(socket, inbox), name="ecgm-publisher", daemon=True
        )
        self._thread.start()

    def send(self, parts: list[bytes]) -> None:
        """Hand a message to the thread; waits while a lossless link's monitor is behind."""
        while True:
            if self._error is not None:
                raise WireError(f"the publisher's connection failed: {self._error}") from self._error
            if self._closing.is_set():
                raise WireError("this publisher is closed: open a new one")
            if self._outbox.poll(self._grace_ms, zmq.POLLOUT):
                self._outbox.send_multipart(parts)
                return

    def close(self, reason: str) -> None:
        """Deliver what was sent, say bye and end the thread."""
        if self._closing.is_set():
            return
        if self._outbox.poll(self._grace_ms, zmq.POLLOUT):
            self._outbox.send_multipart(encode(self._session.bye(reason, time.time_ns())))
            self._outbox.send(b"")
        self._closing.set()
        self._thread.join()
        self._outbox.close(linger=0)
        self._context.term()
        if self._error is not None:
            raise WireError(f"the publisher's connection failed: {self._error}") from self._error

    def _pair(self, length: int) -> tuple[zmq.Socket[Any], zmq.Socket[Any]]:
        ends = self._context.socket(zmq.PAIR), self._context.socket(zmq.PAIR)
        for end in ends:
            end.setsockopt(zmq.SNDHWM, length)
            end.setsockopt(zmq.RCVHWM, length)
        ends[0].bind("inproc://samples")
        ends[1].connect("inproc://samples")
        return ends

    def _run(self, socket: zmq.Socket[Any], inbox: zmq.Socket[Any]) -> None:
        try:
            self._serve(socket, inbox)
        except Exception as error:  # must reach the sender's thread, which raises it
            self._error = error
        finally:
            inbox.close(linger=0)
            if self._hold_s and self.subscribers and not self._given_up:
                time.sleep(self._hold_s)
            socket.close(linger=0 if self._given_up else self._grace_ms)

    def _serve(self, socket: zmq.Socket[Any], inbox: zmq.Socket[Any]) -> None:
        poller = zmq.Poller()
        poller.register(socket, zmq.POLLIN)
        poller.register(inbox, zmq.POLLIN)
        hello_at = heartbeat_at = time.monotonic()
        while True:
            now = time.monotonic()
            if now >= hello_at:
                hello_at = now + HELLO_PERIOD_S
                self._control(socket, self._session.announce(time.time_ns()))
            if now >= heartbeat_at:
                heartbeat_at = now + HEARTBEAT_PERIOD_S
                self._control(socket, self._session.heartbeat(time.time_ns()))
            # Looked at before the inbox: what was sent before closing is then seen in it.
            closing = self._closing.is_set()
            wait_s = max(0.0, min(hello_at, heartbeat_at) - time.monotonic())
            ready = dict(poller.poll(math.ceil(wait_s * 1e3)))
            if socket in ready:
                self._greet(socket)
            if not ready and closing:
                return
            if inbox in ready:
                parts = inbox.recv_multipart()
                if parts == [b""]:
                    return
                self._deliver(socket, parts)

    def _greet(self, socket: zmq.Socket[Any]) -> None:
        """Count a monitor that came or went; a new one is told at once what the samples are."""
        change = socket.recv()
        if change[:1] == b"\x01":
            self._control(socket, self._session.announce(time.time_ns()))
            self.subscribers += 1
            self.subscribed.set()
        elif change[:1] == b"\x00":
            self.subscribers = max(0, self.subscribers - 1)
            if self.subscribers == 0:
                self.subscribed.clear()

    def _control(self, socket: zmq.Socket[Any], message: Message) -> None:
        self._deliver(socket, encode(message))

    def _deliver(self, socket: zmq.Socket[Any], parts: list[bytes]) -> None:
        """Send; a lossless link waits until the monitor has room, a closing one for a moment only."""
        waiting_since = time.monotonic()
        while not self._given_up:
            try:
                socket.send_multipart(parts)
                return
            except zmq.Again:
                waited_ms = 1e3 * (time.monotonic() - waiting_since)
                self._given_up = self._closing.is_set() and waited_ms > self._grace_ms


def _configure(socket: zmq.Socket[Any], lossless: bool, chunk_s: float) -> None:
    socket.setsockopt(zmq.XPUB_VERBOSER, 1)
    socket.setsockopt(zmq.SNDHWM, endpoints.queue_length(chunk_s))
    socket.setsockopt(zmq.SNDBUF, _SEND_BUFFER_BYTES)
    socket.setsockopt(zmq.RECONNECT_IVL, 100)
    socket.setsockopt(zmq.RECONNECT_IVL_MAX, 1000)
    socket.setsockopt(zmq.SNDTIMEO, 100)
    socket.setsockopt(zmq.IMMEDIATE, 1)  # a monitor that went away is unsubscribed, not queued for
    if lossless:
        socket.setsockopt(zmq.XPUB_NODROP, 1)
