from collections.abc import Iterator, Sequence
from types import TracebackType
from typing import Final, Self

import zmq

from engine.errors import WireError
from monitor.endpoints import connect
from monitor.feed.codec import FeedValue, decode

HIGH_WATER: Final = 2000
"""Messages kept for a viewer that is slow: some 2 s of 40 beds, or a minute of one."""
MAX_PER_POLL: Final = 1000
"""One poll never keeps its caller longer than this many values."""


class FeedReader:
    """A viewer's end of the feed: values in the order the core sent them, bounded, with drops counted."""

    def __init__(self, endpoint: str, *, beds: Sequence[str] = (), insecure: bool = False) -> None:
        self.endpoint = endpoint
        self.n_dropped = 0
        """Messages that were published since attaching but never arrived here."""
        self.n_bad = 0
        """Messages that could not be decoded."""
        self._next_seq: dict[bytes, int] = {}
        self.socket: zmq.Socket[bytes] = zmq.Context.instance().socket(zmq.SUB)
        self.socket.setsockopt(zmq.RCVHWM, HIGH_WATER)
        self.socket.setsockopt(zmq.LINGER, 0)
        for topic in _topics(beds):
            self.socket.setsockopt(zmq.SUBSCRIBE, topic)
        try:
            connect(self.socket, endpoint, insecure)
        except BaseException:
            self.socket.close()
            raise

    def fileno(self) -> int:
        """File descriptor for select or an event loop (edge-triggered: poll(0) until it yields nothing)."""
        return int(self.socket.getsockopt(zmq.FD))

    def poll(self, timeout_s: float = 0.0) -> Iterator[FeedValue]:
        """Wait at most `timeout_s` for the first value, then yield all that have arrived."""
        if not self.socket.poll(round(timeout_s * 1000)):
            return
        for _ in range(MAX_PER_POLL):
            try:
                parts = self.socket.recv_multipart(zmq.NOBLOCK)
            except zmq.Again:
                return
            value = self._decoded(parts)
            if value is not None:
                yield value

    def _decoded(self, parts: list[bytes]) -> FeedValue | None:
        try:
            value, seq = decode(parts)
        except WireError:
            self.n_bad += 1
            return None
        self.n_dropped += max(0, seq - self._next_seq.get(parts[0], seq))
        self._next_seq[parts[0]] = seq + 1
        return value

    def close(self) -> None:
        """Let go of the feed."""
        self.socket.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _topics(beds: Sequence[str]) -> list[bytes]:
    if not beds:
        return [b""]
    return [b"core.", *(f"{kind}.{bed}.".encode() for bed in beds for kind in ("wave", "bed", "alarm"))]
