"""Why there is no waveform: a stretch without a signal is named, never left blank."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from engine.leads import LEADS
from monitor.recording import Strip
from monitor.recording.segment import SEGMENT_N, Segment
from monitor.recording.strip import stretches_of
from monitor.review.book import Book

NOT_RECORDED: Final = "NOT RECORDED"
MISSING: Final = "SEGMENT MISSING"
DAMAGED: Final = "SEGMENT DAMAGED"
DELETED: Final = "DELETED BY THE RECORDER"
NO_SIGNAL: Final = "NO SIGNAL"
LEADS_OFF: Final = "ALL LEADS OFF"
LEAD_OFF: Final = "LEAD OFF"
NOT_DELIVERED: Final = "NOT DELIVERED"
_REASONS: Final = (NOT_RECORDED, DELETED, MISSING, DAMAGED)


@dataclass(frozen=True, slots=True)
class Hole:
    """A stretch without a signal, and why."""

    start: int
    """Absolute sample."""
    end: int
    """One past the last."""
    words: str
    lead: int | None = None
    """None: all leads."""


def holes_of(strip: Strip, book: Book, on_disk: Sequence[Segment]) -> tuple[Hole, ...]:
    """Every stretch of a strip without a signal: of all leads first, then of single ones."""
    at = strip.start_sample
    found = []
    why = _why_not_stored(strip, book, frozenset(on_disk))
    for code, words in enumerate(_REASONS):
        found += [Hole(at + a, at + b, words) for a, b in stretches_of(~strip.stored & (why == code))]
    silent = strip.stored & ~strip.valid.any(axis=0)
    for a, b in stretches_of(silent):
        off = bool(strip.lead_off[strip.present, a:b].all())
        found.append(Hole(at + a, at + b, LEADS_OFF if off else NO_SIGNAL))
    return (*sorted(found, key=lambda hole: hole.start), *_of_single_leads(strip))


def said(hole: Hole, fs_hz: int) -> str:
    """Say a hole in one phrase."""
    who = "" if hole.lead is None else f"{LEADS[hole.lead]} "
    return f"{who}{hole.words} for {(hole.end - hole.start) / fs_hz:.1f} s"


def _of_single_leads(strip: Strip) -> list[Hole]:
    partly = strip.stored & strip.valid.any(axis=0)
    found = []
    for lead in range(len(LEADS)):
        for a, b in stretches_of(partly & ~strip.valid[lead]):
            off = bool(strip.lead_off[lead, a:b].any())
            words = NOT_DELIVERED if not strip.present[lead] else LEAD_OFF if off else NO_SIGNAL
            found.append(Hole(strip.start_sample + a, strip.start_sample + b, words, lead))
    return found


def _why_not_stored(strip: Strip, book: Book, on_disk: frozenset[Segment]) -> NDArray[np.int8]:
    """(n,) index into `_REASONS`; means nothing where a sample is stored."""
    why = np.zeros(strip.n, np.int8)
    damage = " ".join(strip.damage)
    lengths = [(segment, SEGMENT_N, DELETED) for segment in book.dropped]
    lengths += [(segment, n, MISSING) for segment, n in book.segments.items() if segment not in on_disk]
    lengths += [(segment, SEGMENT_N, DAMAGED) for segment in on_disk if segment.place in damage]
    for segment, n, words in lengths:
        a = segment.first_sample - strip.start_sample
        if segment.bed == strip.bed and segment.run == strip.run and a < strip.n and a + n > 0:
            why[max(0, a) : max(0, a + n)] = _REASONS.index(words)
    return why
