"""The patient's own baseline, as it was in force when an alarm was raised."""

from typing import Final

import numpy as np

from engine.errors import ModelError
from engine.grid import FS_HZ
from engine.leads import LEADS
from engine.localize import localize
from engine.patient.baseline import PatientBaseline
from engine.patient.comparison import (
    BEAT_LOG,
    POPULATION_RANGE,
    POPULATION_RISE,
    POPULATION_WEIGHT,
    RHYTHM_RANGE,
    RHYTHM_WEIGHT,
    SCORE_ONE,
    STAYING_SPREADS,
    Comparison,
)
from engine.patient.plain import from_json
from engine.scoremap import ScoreMap
from monitor.journal.entry import EntryKind
from monitor.journal.reader import JournalReader

MARKS_SAID: Final = 6
ENDS: Final = ("let go", "forgotten", "relearning")


def baseline_at(journal: JournalReader, bed: str, time_ns: int) -> PatientBaseline | None:
    """The baseline that a bed was compared with at a moment; None if it was with normal ECG alone."""
    found = None
    for entry in journal.entries(EntryKind.BASELINE, bed):
        if entry.time_ns > time_ns:
            break
        if entry.body["what"] == "learned":
            found = entry.body["baseline"]
        elif entry.body["what"] in ENDS:
            found = None
    try:
        return None if found is None else from_json(found)
    except ModelError:
        return None  # of another version


def told(baseline: PatientBaseline, score_map: ScoreMap) -> tuple[float | None, list[str]]:
    """The window's score against the baseline, and what it is made of, in sentences."""
    assert score_map.prepared is not None
    found = baseline.compare(score_map, score_map.prepared)
    score = found.score
    if not np.isfinite(score):
        return None, ["Against the patient's own baseline nothing could be compared: fewer than two beats."]
    ways = {
        "what passes": _passing(found),
        "the typical beat has moved": found.changed / STAYING_SPREADS,
        "the score against normal ECG has risen": found.rise / POPULATION_RISE,
    }
    first = max(ways, key=lambda way: ways[way])
    says = [f"Against the patient's own baseline the score is {score:.2f}; 1 is the threshold."]
    says.append(f"What counts there: {first} ({ways[first]:.2f}).")
    says += _parts(found) if first == "what passes" else []
    if first == "the typical beat has moved":
        says.append(f"The beats' median lies {found.changed:.1f} usual spreads from the usual beat.")
    if first == "the score against normal ECG has risen":
        says.append(f"It lies {found.rise:.2f} above the usual {baseline.population:.2f}.")
    return score, [*says, _marked(baseline.judge(score_map, found))]


def _marked(judged: ScoreMap) -> str:
    """Where the window differs from what is usual here, the strongest first."""
    spans = sorted(localize(judged), key=lambda span: -span.strength)
    if not spans:
        return "No stretch of it is marked against that baseline."
    named = [
        f"{LEADS[span.lead]} {(judged.end_sample - span.onset) / FS_HZ:.2f} to "
        f"{(judged.end_sample - span.offset) / FS_HZ:.2f}"
        for span in spans[:MARKS_SAID]
    ]
    more = f", and {len(spans) - MARKS_SAID} more" if len(spans) > MARKS_SAID else ""
    return f"Marked against it, seconds before the alarm: {', '.join(named)}{more}."


def _passing(found: Comparison) -> float:
    irregular = float(np.clip(np.nan_to_num(found.irregularity), *RHYTHM_RANGE))
    rise = float(np.clip(found.rise, *POPULATION_RANGE))
    beat = float(np.log(max(found.farthest, 0.1))) / BEAT_LOG
    return (beat + RHYTHM_WEIGHT * irregular + POPULATION_WEIGHT * rise) / SCORE_ONE


def _parts(found: Comparison) -> list[str]:
    """What passes: one strange beat, an irregular rhythm, a raised score."""
    beat = float(np.log(max(found.farthest, 0.1))) / BEAT_LOG / SCORE_ONE
    irregular = RHYTHM_WEIGHT * float(np.clip(np.nan_to_num(found.irregularity), *RHYTHM_RANGE)) / SCORE_ONE
    rise = POPULATION_WEIGHT * float(np.clip(found.rise, *POPULATION_RANGE)) / SCORE_ONE
    return [
        f"The farthest beat lies {found.farthest:.1f} times as far from the usual one as usual beats do "
        f"(adds {beat:.2f}); the rhythm is {found.irregularity:.1f} spreads more irregular than usual "
        f"(adds {irregular:.2f}); the score against normal ECG is {found.rise:+.2f} from usual "
        f"(adds {rise:.2f})."
    ]
