"""Recordings played side by side, each a bed of one core: many beds in a batch cost little more than one."""

from collections.abc import Iterator, Sequence
from itertools import chain, zip_longest
from typing import Final

from monitor.pipeline import Outcome, Pipeline
from monitor.records import Record, to_messages

CHUNK_S: Final = 4.0


def play_ward(pipeline: Pipeline, records: Sequence[Record]) -> Iterator[tuple[int, Outcome]]:
    """Play recordings, in their own time; yield each outcome with the place of its recording."""
    beds = [f"ward.{place}" for place in range(len(records))]
    place_of = {bed: place for place, bed in enumerate(beds)}
    messages = [to_messages(record, bed, CHUNK_S) for record, bed in zip(records, beds, strict=True)]
    now_ns = 0
    for turn in zip_longest(*messages):
        for message in turn:
            if message is not None:
                pipeline.receive_message(message, now_ns)
        now_ns += round(1e9 * CHUNK_S)
        for outcome in chain.from_iterable(iter(pipeline.step, [])):
            yield place_of[outcome.update.bed], outcome
