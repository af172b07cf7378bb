"""An explanation for people, and as JSON values."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from typing import Any, Final

from engine.grid import FS_HZ
from engine.leads import LEADS
from engine.models.readings import READINGS
from monitor.explain.answer import STORED_TOLERANCE, Agreement, Answer
from monitor.explain.branches import Marked
from monitor.explain.explanation import Explanation, spans_document
from monitor.export.words import DISCLAIMER

MARKS_SAID: Final = 6
SAME_N: Final = round(0.05 * FS_HZ)
"""Marks whose ends lie this close are said together."""
IN_WORDS: Final = {
    READINGS[0]: "the window could not be restored from its surroundings",
    READINGS[1]: "the beat could not be restored from the others",
    READINGS[2]: "the beat is unlike normal beats",
    READINGS[3]: "the beat is unlike this window's typical beat",
    READINGS[4]: "the typical beat of this lead is unlike normal ones",
    READINGS[5]: "a beat comes early",
    READINGS[6]: "a beat comes late, or not at all",
}


def sentences(told: Explanation) -> Iterator[str]:
    """What is said to people, one line each."""
    alarm = told.story.raised
    yield f"{alarm.bed}/{alarm.id}  {alarm.text}  ({alarm.priority.name.lower()}, {alarm.kind})"
    ago_s = (alarm.raised_sample - alarm.onset_sample) / FS_HZ
    yield f"Its condition began {ago_s:.1f} s before it was raised."
    yield from told.measured
    yield from _again(told)
    yield from told.holes
    yield from _asked(told)
    yield from _score(told)
    yield from told.own
    yield from _marks(told)


def _again(told: Explanation) -> Iterator[str]:
    found = told.again
    if found is None:
        return
    judged = f"Judged again on {found.seconds:.0f} s of stored signal"
    if found.raised_sample is None:
        yield f"{judged}, the alarm is not raised: what led to it is not all stored."
        return
    late_s = (found.raised_sample - told.story.raised.raised_sample) / FS_HZ
    when = (
        "at the same sample" if late_s == 0 else f"{abs(late_s):.1f} s {'later' if late_s > 0 else 'earlier'}"
    )
    yield f"{judged}, it is raised {when}: {found.text}."


def _asked(told: Explanation) -> Iterator[str]:
    if told.not_asked is not None:
        yield f"THE MODEL WAS NOT ASKED AGAIN: {told.not_asked}."
        return
    for answer in told.answers:
        yield f"{answer.backend:<13} {_answer(answer, told)}"
    if told.agreement is not None:
        yield _agreement(told.agreement)
        yield from _journalled(told, told.agreement)


def _answer(answer: Answer, told: Explanation) -> str:
    if answer.absent is not None:
        return f"{'BROKEN' if answer.broken else 'not at hand'}: {answer.absent}"
    assert answer.map is not None
    if answer.score is None:
        return f"NOT ASSESSED: {answer.map.reason}"
    leads = ", ".join(dict.fromkeys(one["lead"] for one in spans_document(answer.spans))) or "no lead"
    return f"score {answer.score:.3f} against normal ECG (threshold {answer.map.threshold:g}), marks {leads}"


def _agreement(found: Agreement) -> str:
    if found.asked == 1:
        return "One backend alone could be asked: there is nothing to compare it with."
    if math.isinf(found.score_apart):
        return f"THE {found.asked} BACKENDS DISAGREE: some assess the window, others do not."
    spans = "mark the same stretches" if found.spans_agree else "MARK DIFFERENT STRETCHES"
    says = "agree" if found.agree else "DISAGREE"
    return f"{found.asked} backends {says}: scores {found.score_apart:.4f} apart, they {spans}."


def _journalled(told: Explanation, found: Agreement) -> Iterator[str]:
    if found.journalled_apart is not None:
        same = "as" if found.journalled_apart <= STORED_TOLERANCE else "NOT as"
        yield f"That is {same} journalled ({found.journalled_apart:.3f} apart from the live score)."
    model = told.story.seen.get("model")
    if model:
        yield f"The alarm was judged by {model}."


def _score(told: Explanation) -> Iterator[str]:
    first = next((one for one in told.answers if one.score is not None), None)
    if first is None or first.map is None or first.score is None:
        return
    above = 100 * (first.score / first.map.threshold - 1)
    side = "above" if above > 0 else "below"
    yield f"Against normal ECG the score lies {abs(above):.0f} % {side} its threshold."
    largest = [one for one in told.ingredients if one.share > 0.02][:4]
    if largest:
        parts = ", ".join(f"{one.name} {one.share:+.2f}" for one in largest)
        yield f"It is made of: {parts}; other parts add less."


def _marks(told: Explanation) -> Iterator[str]:
    groups = _together(told.marks)
    for group in groups[:MARKS_SAID]:
        yield _mark(group, told.story.raised.raised_sample)
    if len(groups) > MARKS_SAID:
        yield f"{len(groups) - MARKS_SAID} weaker marks are in --json."


def _together(marks: Sequence[Marked]) -> list[list[Marked]]:
    """Marks of several leads at the same time, for the same reason; the strongest first in each group."""
    groups: list[list[Marked]] = []
    for one in marks:
        for group in groups:
            first = group[0]
            near = abs(first.onset - one.onset) <= SAME_N and abs(first.offset - one.offset) <= SAME_N
            if near and _reason(first) == _reason(one):
                group.append(one)
                break
        else:
            groups.append([one])
    return groups


def _reason(one: Marked) -> str:
    return one.readings[0][0] if one.readings else ""


def _mark(group: Sequence[Marked], raised: int) -> str:
    first = group[0]
    leads = " ".join(sorted((one.lead for one in group), key=LEADS.index))
    when = f"{(raised - first.onset) / FS_HZ:.2f} to {(raised - first.offset) / FS_HZ:.2f} s before the alarm"
    why = "; ".join(f"{IN_WORDS[name]} ({100 * share:.0f} %)" for name, share in first.readings[:2])
    strength = f"{first.strength:.2f} times what normal ECG rarely reaches"
    return f"{leads}, {when}, {'up to ' if len(group) > 1 else ''}{strength}: {why}."


def document(told: Explanation) -> dict[str, Any]:
    """JSON values; null for what is not known."""
    alarm = told.story.raised
    strip = told.strip
    return {
        "alarm": {**asdict(alarm), "priority": alarm.priority.name.lower()},
        "evidence": dict(told.story.seen),
        "window": {
            "start_sample": strip.start_sample,
            "end_sample": strip.end_sample,
            "fs_hz": FS_HZ,
            "stored_s": round(float(strip.stored.sum()) / FS_HZ, 3),
            "holes": list(told.holes),
        },
        "not_asked": told.not_asked,
        "backends": [_backend(answer) for answer in told.answers],
        "agreement": None if told.agreement is None else _agreement_document(told.agreement),
        "ingredients": [asdict(one) for one in told.ingredients],
        "marks": [{**asdict(one), "readings": dict(one.readings)} for one in told.marks],
        "measured": list(told.measured),
        "own_baseline": list(told.own),
        "again": None if told.again is None else asdict(told.again),
        "sentences": list(sentences(told)),
        "disclaimer": DISCLAIMER,
    }


def _backend(answer: Answer) -> dict[str, Any]:
    scored = answer.map is not None
    return {
        "name": answer.backend,
        "asked": scored,
        "why_not": answer.absent,
        "score": answer.score,
        "threshold": float(answer.map.threshold) if answer.map is not None else None,
        "not_assessed": answer.map.reason if answer.map is not None else None,
        "spans": spans_document(answer.spans),
    }


def _agreement_document(found: Agreement) -> dict[str, Any]:
    apart = found.score_apart
    return {
        "backends": found.asked,
        "agree": found.agree,
        "score_apart": None if math.isinf(apart) else apart,
        "spans_agree": found.spans_agree,
        "journalled_apart": found.journalled_apart,
    }
