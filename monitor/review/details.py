"""Everything about one alarm in words: what the journal holds of it."""

import textwrap
from collections.abc import Iterator
from typing import Any, Final

from monitor.export import words
from monitor.export.excerpt import Excerpt
from monitor.journal.story import AlarmStory
from monitor.recording import Strip
from monitor.review.line import AlarmLine

MAX_SPANS: Final = 6
WIDTH: Final = 76
"""A page fits the smallest screen."""


def summary(story: AlarmStory, strip: Strip) -> list[str]:
    """Measured against limits, times, leads that could not be assessed."""
    shown = Excerpt(story, strip, (), (), ())
    lines = (words.measured_line(shown), words.time_line(shown), words.lead_words(shown))
    return [line.replace("   ", " · ") for line in lines if line]


def page(line: AlarmLine, story: AlarmStory, strip: Strip) -> str:
    """The page of an alarm: its words, its trail, its notes, and how to hand it on."""
    shown = Excerpt(story, strip, (), (), ())
    parts = [words.headline(shown), words.patient_line(shown), *summary(story, strip)]
    parts += _judged(story.seen)
    parts += ["", " TRAIL"]
    for event in story.events:
        by = f" by {event.alarm.acknowledged_by}" if event.transition == "acknowledged" else ""
        parts.append(f"  {words.clock(event.time_ns)}  {event.transition}{by}  {event.alarm.text}")
    parts += ["", " NOTES" if line.notes else " NO NOTES (n writes one)"]
    parts += [f"  {words.clock(note.time_ns)}  {note.operator}: {note.text}" for note in line.notes]
    parts += ["", f" ecg-monitor export {line.bed}/{line.id}   (a strip on ECG paper)      (any key closes)"]
    return "\n".join(line for part in parts for line in _folded(part))


def _folded(words: str) -> list[str]:
    indent = " " * (3 + len(words) - len(words.lstrip()))
    return textwrap.wrap(words, WIDTH, initial_indent=" ", subsequent_indent=indent) or [""]


def _judged(seen: Any) -> Iterator[str]:
    rhythm, spans = seen.get("rhythm") or {}, seen.get("spans") or ()
    if rhythm.get("pvc_per_min") is not None:
        yield f"ventricular beats in the last minute: {rhythm['pvc_per_min']}"
    if spans:
        strongest = sorted(spans, key=lambda span: -span["strength"])[:MAX_SPANS]
        named = ", ".join(f"{span['lead']} {span['strength']:.1f}" for span in strongest)
        yield f"marked: {len(spans)} stretches, strongest {named} (1 is where marking begins)"
    if seen.get("model"):
        yield f"model {seen['model']} · {seen.get('latency_ms') or 0:.0f} ms from last sample to verdict"
