"""What operators ask of the core: each request changes one bed, or is refused with a sentence."""

from dataclasses import dataclass
from typing import Final

from engine.errors import ConfigurationError
from engine.grid import WINDOW_N
from monitor.core.speaker import chunk_of
from monitor.feed.codec import FeedValue, encode
from monitor.feed.request import Reply, Request
from monitor.journal.entry import Entry, alarm_entry, baseline_entry, command_entry, limits_entry
from monitor.pipeline import Outcome, Pipeline

WAVE_N: Final = WINDOW_N
"""Waveform in a snapshot."""


@dataclass(frozen=True, slots=True)
class Done:
    """What a request came to: publish the outcome once the entries are durable."""

    reply: Reply
    outcome: Outcome | None = None
    entries: tuple[Entry, ...] = ()


def obey(pipeline: Pipeline, request: Request, now_ns: int, run: str) -> Done:
    """Carry out a request; raises ConfigurationError where it cannot be."""
    if request.what == "snapshot":
        return Done(Reply(request.id, messages=_snapshot(pipeline, request.bed)))
    if request.what == "note":
        return Done(Reply(request.id), entries=(_note(request, now_ns, run),))
    outcome = _changed(pipeline, request, now_ns)
    details = {
        "alarm_id": request.alarm_id,
        "pause": request.pause,
        "limits": request.limits,
        "action": request.action,
    }
    asked = command_entry(request.what, request.operator, now_ns, request.bed, **details)
    entries = [asked, *(alarm_entry(event) for event in outcome.events)]
    entries += [baseline_entry(note, now_ns, request.bed) for note in outcome.notes]
    if request.what == "set_limits":
        limits = pipeline.known(request.bed).state.limits
        entries.append(limits_entry(limits, request.operator, now_ns, request.bed))
    return Done(Reply(request.id), outcome, tuple(entries))


def _note(request: Request, now_ns: int, run: str) -> Entry:
    """Enter what was written to an alarm, in the journal that was meant."""
    if request.run != run:
        raise ConfigurationError("this core writes another journal: its run is another one.")
    if not (request.operator.strip() and request.text.strip() and request.alarm_id):
        raise ConfigurationError("a note needs an alarm, words, and the operator's name.")
    details = {"alarm_id": request.alarm_id, "raised_ns": request.raised_ns, "text": request.text}
    return command_entry("note", request.operator, now_ns, request.bed, **details)


def _changed(pipeline: Pipeline, request: Request, now_ns: int) -> Outcome:
    bed, operator = request.bed, request.operator
    match request.what:
        case "acknowledge":
            return pipeline.acknowledge(bed, operator, request.alarm_id, now_ns)
        case "pause_audio":
            return pipeline.pause_audio(bed, operator, request.pause, now_ns)
        case "baseline":
            return pipeline.order_baseline(bed, operator, request.action, now_ns)
    limits = pipeline.known(bed).state.limits.changed(**request.limits)
    return pipeline.set_limits(bed, limits, now_ns)


def _snapshot(pipeline: Pipeline, bed: str) -> tuple[tuple[bytes, ...], ...]:
    values: list[FeedValue] = []
    for name in [bed] if bed else pipeline.beds:
        known = pipeline.known(name)
        values += [known.update, chunk_of([known.stream.snapshot(WAVE_N)])]
    return tuple(tuple(encode(value)) for value in values)
