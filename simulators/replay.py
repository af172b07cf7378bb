"""A recording sent as a bedside device would send it."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count

from monitor.records import Record, chunks
from monitor.wire.limits import CHUNK_S
from simulators.pace import Pace
from simulators.publisher import Publisher


@dataclass(frozen=True, slots=True)
class Progress:
    """How far the replay has come."""

    sent_s: float
    """Signal sent, over all rounds."""
    position_s: float
    """Where in the recording it is."""
    round: int
    """0 the first time through."""
    late_s: float
    """By how much the last chunk missed its deadline."""


def replay(
    record: Record, publisher: Publisher, pace: Pace, loop: bool = False, chunk_s: float = CHUNK_S
) -> Iterator[Progress]:
    """Send `record`, chunk by chunk, each when its last sample is due; sample numbers go on rising."""
    sent = 0
    for n_round in count():
        start = sent
        for chunk in chunks(record, chunk_s):
            sent += chunk.shape[1]
            late_s = pace.wait_until(sent / record.fs_hz)
            publisher.send(chunk)
            position_s = record.start_s + (sent - start) / record.fs_hz
            yield Progress(sent / record.fs_hz, position_s, n_round, late_s)
        if not loop:
            return
