"""What the waveform panel shows of a stretch: signal, holes, beats, scores, marks, the restored signal."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from engine.backends.backend import Backend
from engine.grid import FS_HZ
from engine.leads import LEADS
from engine.span import Span
from monitor.journal.story import AlarmStory
from monitor.pipeline.reading import WindowScorer
from monitor.recording import Strip
from monitor.review.beatmarks import BeatMarks
from monitor.review.book import Book
from monitor.review.holes import Hole
from monitor.review.judgement import BLOCK_N, Score
from monitor.review.line import AlarmLine
from monitor.review.restored import Restored, restore
from monitor.review.tape import Tape

LEAD_IN_N: Final = 3 * FS_HZ + 1
"""Traces are drawn about the mean of their last three seconds."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """Which samples are wanted."""

    bed: str
    run: str
    start: int
    end: int
    ghost: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Section:
    """Everything about a stretch that can be drawn; some of it comes later than the rest."""

    stretch: Stretch
    strip: Strip
    """With `LEAD_IN_N` samples before the stretch."""
    holes: tuple[Hole, ...]
    alarms: tuple[AlarmLine, ...]
    story: AlarmStory | None
    """Of the selected alarm."""
    marked: tuple[Span, ...]
    """As journalled with it."""
    beats: BeatMarks | None = None
    """None: not found yet."""
    scores: tuple[Score, ...] = ()
    spans: tuple[Span, ...] = ()
    """What the model marks when it is run again."""
    restored: Restored | None = None


@dataclass(frozen=True, slots=True)
class Engines:
    """What judges and restores; loaded when first needed."""

    scorer: Callable[[], WindowScorer]
    backend: Callable[[], Backend]


def sections(
    tape: Tape, book: Book, stretch: Stretch, story: AlarmStory | None, engines: Engines
) -> Iterator[Section]:
    """Yield the section as soon as it can be drawn, and again whenever more of it is known."""
    bed, run, start, end = stretch.bed, stretch.run, stretch.start, stretch.end
    strip = tape.read(bed, run, start - LEAD_IN_N, end)
    holes = tuple(hole for hole in tape.holes(strip, book) if hole.end > start)
    alarms = book.alarms_within(bed, run, start, end)
    section = Section(stretch, strip, holes, alarms, story, journalled_spans(story))
    blocks = range(max(0, start // BLOCK_N), (end - 1) // BLOCK_N + 1)
    if not all(tape.is_judged(bed, run, block) for block in blocks):
        yield section
    judged = [tape.judged(bed, run, block, engines.scorer(), book.usual) for block in blocks]
    section = replace(
        section,
        beats=BeatMarks.joined(part.beats for part in judged),
        scores=tuple(score for part in judged for score in part.scores),
        spans=tuple(span for part in judged for span in part.spans),
    )
    yield section
    if stretch.ghost:
        yield replace(section, restored=restore(strip, engines.scorer(), engines.backend()))


def journalled_spans(story: AlarmStory | None) -> tuple[Span, ...]:
    """What was marked when the alarm was raised and whenever it changed."""
    evidence: Sequence[Mapping[str, Any]] = () if story is None else story.evidence
    found = {
        Span(LEADS.index(span["lead"]), int(span["onset"]), int(span["offset"]), float(span["strength"]))
        for one in evidence
        for span in one.get("spans", ())
        if span["lead"] in LEADS
    }
    return tuple(sorted(found, key=lambda span: (span.onset, span.lead)))
