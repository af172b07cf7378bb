from collections import Counter
from collections.abc import Iterator
from typing import Any, Final

import numpy as np
import zmq

from monitor.feed.codec import FeedValue, encode, topic_of
from monitor.intake import Samples
from monitor.update import WaveChunk

HIGH_WATER: Final = 2000
"""Messages kept for a viewer that is slow; what does not fit is dropped for it alone."""


class Speaker:
    """The feed's sending end: numbers messages per topic and joins small pieces of waveform."""

    def __init__(self, socket: zmq.Socket[Any]) -> None:
        self._socket = socket
        self._seq: Counter[bytes] = Counter()
        self._pieces: dict[str, list[Samples]] = {}

    def say(self, value: FeedValue) -> None:
        """Publish a value."""
        topic = topic_of(value)
        self._socket.send_multipart(encode(value, self._seq[topic]))
        self._seq[topic] += 1

    def collect(self, pieces: list[Samples]) -> None:
        """Keep waveform for the next `flush`."""
        for piece in pieces:
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
