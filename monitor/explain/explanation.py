"""Everything that can be said of why an alarm was raised."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from engine.backends.backend import NetworkOutputs
from engine.checkpoint import Checkpoint
from engine.errors import ConfigurationError, ModelError
from engine.grid import FS_HZ, WINDOW_N, WINDOW_S
from engine.leads import LEADS
from engine.preprocess import stack
from engine.span import Span
from monitor.explain import branches, own
from monitor.explain.again import Again, again
from monitor.explain.answer import Agreement, Answer, ask, compare, load
from monitor.explain.measured import measured
from monitor.journal.reader import JournalReader
from monitor.journal.story import AlarmStory
from monitor.recording import Recording, Strip
from monitor.recording.strip import stretches_of


@dataclass(frozen=True, slots=True, eq=False)
class Explanation:
    """An alarm, its window asked again, and what follows."""

    story: AlarmStory
    strip: Strip
    """The window that raised it, as far as it is stored."""
    holes: tuple[str, ...]
    answers: tuple[Answer, ...]
    agreement: Agreement | None
    """None where nothing could be asked."""
    not_asked: str | None
    """Why no backend was asked."""
    ingredients: tuple[branches.Ingredient, ...]
    marks: tuple[branches.Marked, ...]
    own: tuple[str, ...]
    """Against the patient's own baseline, where there was one."""
    measured: tuple[str, ...]
    again: Again | None
    """Whether the alarm comes again from the stored signal; None where nothing is stored."""


def explain(journal: JournalReader, story: AlarmStory, folder: Path, only: Sequence[str] = ()) -> Explanation:
    """Ask again, and gather."""
    alarm, evidence = story.raised, story.seen
    end = alarm.raised_sample
    recording = Recording(folder)
    strip = recording.read(alarm.bed, max(0, end - WINDOW_N), max(1, end), story.run)
    answers: tuple[Answer, ...] = ()
    not_asked = _why_not(strip, end)
    parts: tuple[branches.Ingredient, ...] = ()
    marked: tuple[branches.Marked, ...] = ()
    own_words: tuple[str, ...] = ()
    if not_asked is None:
        try:
            checkpoint, path = load(str(evidence.get("model") or ""))
        except (ConfigurationError, ModelError) as error:
            not_asked = str(error)
        else:
            answers = tuple(ask(checkpoint, path, strip, only))
            parts, marked = _parts(checkpoint, answers, strip)
            own_words = _own(journal, story, answers)
    return Explanation(
        story=story,
        strip=strip,
        holes=tuple(_holes(strip, end)),
        answers=answers,
        agreement=compare(answers, _journalled(evidence)) if any(one.map for one in answers) else None,
        not_asked=not_asked,
        ingredients=parts,
        marks=marked,
        own=own_words,
        measured=tuple(measured(alarm, evidence)),
        again=again(recording, story),
    )


def _why_not(strip: Strip, end: int) -> str | None:
    if not strip.stored.any():
        return "the waveform of its window is not stored"
    if end < WINDOW_N:
        return f"it was raised before the first whole window of {WINDOW_S} s"
    return None


def _parts(
    checkpoint: Checkpoint, answers: Sequence[Answer], strip: Strip
) -> tuple[tuple[branches.Ingredient, ...], tuple[branches.Marked, ...]]:
    """What the first backend that assessed the window says of its parts."""
    for answer in answers:
        if answer.map is not None and answer.map.prepared is not None and answer.runs is not None:
            outputs: NetworkOutputs = answer.runs.run(stack([answer.map.prepared]))
            prepared, normality = answer.map.prepared, checkpoint.normality
            return (
                branches.ingredients(normality, prepared, outputs),
                branches.marks(normality, prepared, outputs, answer.spans, strip.start_sample),
            )
    return (), ()


def _own(journal: JournalReader, story: AlarmStory, answers: Sequence[Answer]) -> tuple[str, ...]:
    baseline = own.baseline_at(journal, story.raised.bed, story.raised.raised_ns)
    found = next((one.map for one in answers if one.map is not None and one.map.prepared is not None), None)
    return () if baseline is None or found is None else tuple(own.told(baseline, found)[1])


def _journalled(evidence: Any) -> float | None:
    score = evidence.get("score") or {}
    value = score.get("against_all_people", score.get("score"))
    return None if value is None or score.get("reason") else float(value)


def _holes(strip: Strip, end: int) -> list[str]:
    """What of the window is not there, in seconds before the alarm."""
    if not strip.stored.any():
        return ["NO WAVEFORM IS STORED of the window that raised this alarm", *strip.damage]
    said = list(strip.damage)
    for start, stop in stretches_of(~strip.stored):
        said.append(f"NOT STORED: {_before(strip, start, stop, end)} s before the alarm")
    silent = strip.stored & ~strip.valid.any(axis=0)
    for start, stop in stretches_of(silent):
        said.append(f"NO SIGNAL: {_before(strip, start, stop, end)} s before the alarm")
    return said


def _before(strip: Strip, start: int, stop: int, end: int) -> str:
    first, last = ((end - strip.start_sample - at) / FS_HZ for at in (start, stop))
    return f"{first:.1f} to {last:.1f}"


def spans_document(spans: Sequence[Span]) -> list[dict[str, Any]]:
    """Spans as JSON values, as in the journal."""
    return [
        {
            "lead": LEADS[one.lead],
            "onset": one.onset,
            "offset": one.offset,
            "strength": round(one.strength, 4),
        }
        for one in spans
    ]
