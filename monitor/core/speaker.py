from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any, Final

import numpy as np
import zmq

from monitor.feed.codec import FeedValue, encode, topic_of
from monitor.intake import Samples
from monitor.update import WaveChunk

HIGH_WATER: Final = 2000
"""Messages kept for a viewer that is slow; what does not fit is dropped for it alone."""
_MORE: Final = int(zmq.SNDMORE)


class Speaker:
    """The feed's sending end: numbers messages per topic and joins small pieces of waveform.

    What nobody has subscribed to is not even encoded.

    Parameters
    ----------
    socket : zmq.Socket
        An XPUB socket: it tells what viewers subscribe to.
    """

    def __init__(self, socket: zmq.Socket[Any]) -> None:
        self._socket = socket
        self._seq: Counter[bytes] = Counter()
        self._pieces: dict[str, list[Samples]] = {}
        self._subscribed: set[bytes] = set()
        self._heard: dict[bytes, bool] = {}
        """Topic -> whether anybody listens; forgotten when subscriptions change."""

    def listen(self) -> None:
        """Take in what viewers have subscribed to, and what they no longer do."""
        while True:
            try:
                order = self._socket.recv(zmq.NOBLOCK)
            except zmq.Again:
                return
            change = {b"\x01": self._subscribed.add, b"\x00": self._subscribed.discard}.get(order[:1])
            if change is not None:
                change(order[1:])
                self._heard.clear()

    def is_heard(self, topic: bytes) -> bool:
        """Whether anybody listens to a topic."""
        heard = self._heard.get(topic)
        if heard is None:
            heard = self._heard[topic] = any(map(topic.startswith, self._subscribed))
        return heard

    def shows_waves(self, bed: str) -> bool:
        """Whether anybody looks at the waveform of a bed."""
        return self.is_heard(f"wave.{bed}.".encode())

    def say(self, value: FeedValue) -> None:
        """Publish a value."""
        topic = topic_of(value)
        if not self.is_heard(topic):
            return
        head, body = encode(value, self._seq[topic])
        self._socket.send(head, _MORE)  # `send_multipart` reckons with flags anew for each frame
        self._socket.send(body)
        self._seq[topic] += 1

    def collect(self, pieces: Iterable[Samples]) -> None:
        """Keep waveform for the next `flush`."""
        for piece in pieces:
            if self.shows_waves(piece.bed):
                self._pieces.setdefault(piece.bed, []).append(piece)

    def flush(self) -> None:
        """Publish the waveform collected."""
        for pieces in self._pieces.values():
            for run in _unbroken(pieces):
                self.say(chunk_of(run))
        self._pieces.clear()


def chunk_of(run: list[Samples]) -> WaveChunk:
    """Join pieces that follow each other without a gap."""
    x = np.concatenate([piece.x for piece in run], axis=1)
    valid = np.concatenate([piece.valid for piece in run], axis=1)
    return WaveChunk(run[0].bed, run[0].first_sample, x, valid)


def _unbroken(pieces: list[Samples]) -> Iterator[list[Samples]]:
    run = pieces[:1]
    for piece in pieces[1:]:
        if piece.first_sample != run[-1].end_sample:
            yield run
            run = []
        run.append(piece)
    yield run
