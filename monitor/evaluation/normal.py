"""Alarms on normal ECG: how often a ward would be called for nothing."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from rich.console import Console
from rich.table import Table

from engine.scorer import Scorer
from engine.vitals import MIN_RATE_INTERVALS, RATE_S
from monitor.alarms.alarm import Kind
from monitor.alarms.conditions import CONDITIONS
from monitor.alarms.limits import Limits
from monitor.evaluation.alarm_rate import FROM_S
from monitor.evaluation.marks import Marks, read_marks
from monitor.evaluation.sounds import Sound, listen_all
from monitor.evaluation.truth import CONDUCTION, ECTOPY, NO_RHYTHM, SINUS
from monitor.records import read_record

Json = dict[str, Any]

AFTER_S: Final = 60.0
"""So long after anything abnormal an alarm may still speak of it: beats are counted over a minute."""
AHEAD_S: Final = 2.0
"""A mark may be late by so much."""
SHORTEST_S: Final = 60.0
"""Shorter normal stretches are not counted."""
PATIENT: Final = tuple(condition.name for condition in CONDITIONS if condition.kind is Kind.PATIENT)
TECHNICAL: Final = tuple(condition.name for condition in CONDITIONS if condition.kind is Kind.TECHNICAL)
BEYOND: Final[Mapping[str, Callable[[float], bool]]] = {
    "extreme_bradycardia": lambda bpm: bpm < Limits().extreme_low_bpm,
    "heart_rate_low": lambda bpm: bpm < Limits().low_bpm,
    "heart_rate_high": lambda bpm: bpm > Limits().high_bpm,
    "extreme_tachycardia": lambda bpm: bpm > Limits().extreme_high_bpm,
}
"""What breaks the limit of an alarm of the heart rate."""


@dataclass(frozen=True, slots=True)
class NormalHours:
    """What was alarmed in the normal stretches of one recording."""

    record: str
    hours: float
    learned_hours: float
    """Of these, after the patient's own ECG had been learned."""
    sounds: tuple[Sound, ...]
    """Alarms that were raised there."""
    confirmed: tuple[Sound, ...] = ()
    """Those of the heart rate that the annotated beats confirm."""


def normal_hours(paths: Sequence[Path], scorer: Scorer) -> list[NormalHours]:
    """Run recordings with the model and baselines; note what was raised where nothing was abnormal."""
    records, marks = [read_record(path) for path in paths], [read_marks(path) for path in paths]
    stretches = [normal_stretches(one, record.duration_s) for one, record in zip(marks, records, strict=True)]
    some = [place for place, found in enumerate(stretches) if found]
    heard = listen_all([records[place] for place in some], (*PATIENT, *TECHNICAL), scorer)
    sounds = dict(zip(some, heard, strict=True))
    return [
        _counted(path.name, stretches[place], sounds.get(place, []), marks[place])
        for place, path in enumerate(paths)
    ]


def _counted(
    name: str, stretches: Sequence[tuple[float, float]], sounds: Sequence[Sound], marks: Marks
) -> NormalHours:
    inside = [s for s in sounds if any(start <= s.start_s < end for start, end in stretches)]
    return NormalHours(
        name,
        sum(end - start for start, end in stretches) / 3600,
        sum(max(0.0, end - max(start, FROM_S)) for start, end in stretches) / 3600,
        tuple(inside),
        tuple(sound for sound in inside if rate_confirmed(sound, marks)),
    )


def rate_confirmed(sound: Sound, marks: Marks) -> bool:
    """Whether the alarm is of the heart rate, and the annotated beats before it, by the rule of the monitor
    (`engine.vitals`), break its limit as well.
    """
    beyond = BEYOND.get(sound.name)
    beats_s = marks.at_s[[symbol in CONDUCTION | ECTOPY for symbol in marks.symbols]]
    rr_s = np.diff(beats_s[beats_s <= sound.start_s])[::-1]
    n = max(int((np.cumsum(rr_s) <= RATE_S).sum()) // 2 * 2, MIN_RATE_INTERVALS)
    if beyond is None or rr_s.size < n:
        return False
    return beyond(round(60.0 / float(np.median(rr_s[:n]))))


def normal_stretches(marks: Marks, duration_s: float) -> list[tuple[float, float]]:
    """Where every beat is marked normal and the rhythm sinus, and both were for a minute."""
    beats = zip(marks.at_s.tolist(), marks.symbols, strict=True)
    abnormal = [(t, t) for t, symbol in beats if symbol in (CONDUCTION | ECTOPY) - {"N"}]
    rhythms = marks.rhythms(duration_s)
    abnormal += [(start, end) for start, end, name in rhythms if name not in NO_RHYTHM | {SINUS}]
    stretches, from_s = [], 0.0 if rhythms and rhythms[0][0] < AHEAD_S else duration_s
    for start, end in [*sorted(abnormal), (duration_s + AHEAD_S, duration_s)]:
        if start - AHEAD_S - from_s >= SHORTEST_S:
            stretches.append((from_s, start - AHEAD_S))
        from_s = max(from_s, end + AFTER_S)
    return stretches


def normal_document(found: Sequence[NormalHours]) -> Json:
    """Return alarms per bed-hour of normal ECG, by alarm and by record."""
    hours = sum(one.hours for one in found)
    raised = Counter(sound.name for one in found for sound in one.sounds)
    patient, technical = (sum(raised[name] for name in names) for names in (PATIENT, TECHNICAL))
    learned_hours = sum(one.learned_hours for one in found)
    later = sum(sound.name in PATIENT and sound.start_s >= FROM_S for one in found for sound in one.sounds)
    return {
        "hours": round(hours, 3),
        "learned_hours": round(learned_hours, 3),
        "learned_patient_alarms": later,
        "learned_patient_alarms_per_bed_hour": round(later / learned_hours, 3) if learned_hours else None,
        "patient_alarms": patient,
        "confirmed_rate_alarms": sum(len(one.confirmed) for one in found),
        "technical_alarms": technical,
        "patient_alarms_per_bed_hour": round(patient / hours, 3) if hours else None,
        "technical_alarms_per_bed_hour": round(technical / hours, 3) if hours else None,
        "by_alarm": dict(raised.most_common()),
        "records": [
            {
                "record": one.record,
                "hours": round(one.hours, 3),
                "alarms": [
                    {
                        "at_s": sound.start_s,
                        "name": sound.name,
                        "text": sound.text,
                        "confirmed": sound in one.confirmed,
                    }
                    for sound in one.sounds
                ],
            }
            for one in found
        ],
    }


def print_normal(document: Json, console: Console) -> None:
    """Print the rates, and every alarm by name."""
    console.print(
        f"{document['hours']:.2f} bed-hours of normal ECG: {document['patient_alarms']} patient alarms, "
        f"{_cell(document['patient_alarms_per_bed_hour'])} per bed-hour ({document['confirmed_rate_alarms']} "
        "of a heart rate that the annotated beats confirm); "
        f"{document['technical_alarms']} technical ones, "
        f"{_cell(document['technical_alarms_per_bed_hour'])} per bed-hour"
    )
    console.print(
        f"of these, once the patient's own ECG was learned: {document['learned_hours']:.2f} bed-hours, "
        f"{document['learned_patient_alarms']} patient alarms, "
        f"{_cell(document['learned_patient_alarms_per_bed_hour'])} per bed-hour"
    )
    table = Table("record", "normal h", "at s", "alarm", "says", "confirmed")
    for one in document["records"]:
        table.add_row(one["record"], f"{one['hours']:.2f}")
        for alarm in one["alarms"]:
            confirmed = "by beats" if alarm["confirmed"] else ""
            table.add_row("", "", f"{alarm['at_s']:.0f}", alarm["name"], alarm["text"], confirmed)
    console.print(table)


def _cell(value: float | None) -> str:
    return "-" if value is None else f"{value:g}"
