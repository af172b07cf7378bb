"""What another setting would have changed, as JSON values and for people."""

import statistics
from collections import Counter
from collections.abc import Sequence
from typing import Any, Final

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from monitor.whatif.episodes import Episode
from monitor.whatif.setting import Setting
from monitor.whatif.trial import Trial, Verdict

SHOWN: Final = 30
"""Events named one by one; the rest is counted."""


def document(
    trials: Sequence[Trial], settings: Sequence[tuple[Setting, Setting]], operators: bool = True
) -> dict[str, Any]:
    """JSON values over all recordings; without `operators`, what they did was left out."""
    hours = sum(trial.seconds for trial in trials) / 3600
    return {
        "bed_hours": round(hours, 4),
        "original": _side([trial.original for trial in trials], hours),
        "changed": _side([trial.changed for trial in trials], hours),
        "conditions": _conditions(trials),
        "missed": [_event(trial, one) for trial in trials for one in trial.comparison.missed],
        "gained": [_event(trial, one) for trial in trials for one in trial.comparison.gained],
        "later_s": _later(trials),
        "operators": _operators(trials) if operators else None,
        "recordings": [_recording(trial, *both) for trial, both in zip(trials, settings, strict=True)],
    }


def _side(verdicts: Sequence[Verdict], hours: float) -> dict[str, Any]:
    patient = sum(one.kind == "patient" for verdict in verdicts for one in verdict.episodes)
    n = sum(len(verdict.episodes) for verdict in verdicts)
    assessed_s = sum(verdict.coverage.assessed_s for verdict in verdicts)
    return {
        "alarms": n,
        "per_bed_hour": _rate(n, hours),
        "patient_alarms": patient,
        "patient_per_bed_hour": _rate(patient, hours),
        "assessed_hours": round(assessed_s / 3600, 4),
    }


def _operators(trials: Sequence[Trial]) -> dict[str, int]:
    """What operators did then, and how much of it could be done again under each setting."""
    return {
        "acts": sum(trial.n_acts for trial in trials),
        "original": sum(trial.original.n_acts for trial in trials),
        "changed": sum(trial.changed.n_acts for trial in trials),
    }


def _rate(n: int, hours: float) -> float | None:
    return round(n / hours, 3) if hours else None


def _conditions(trials: Sequence[Trial]) -> dict[str, dict[str, int]]:
    counted = {
        "original": Counter(one.name for trial in trials for one in trial.original.episodes),
        "changed": Counter(one.name for trial in trials for one in trial.changed.episodes),
        "missed": Counter(one.name for trial in trials for one in trial.comparison.missed),
        "gained": Counter(one.name for trial in trials for one in trial.comparison.gained),
    }
    names = sorted(set().union(*counted.values()))
    return {name: {what: count[name] for what, count in counted.items()} for name in names}


def _event(trial: Trial, one: Episode) -> dict[str, Any]:
    return {"recording": trial.name, **one.document()}


def _later(trials: Sequence[Trial]) -> dict[str, float] | None:
    later = [seconds for trial in trials for seconds in trial.comparison.later_s]
    if not later:
        return None
    return {"median": statistics.median(later), "largest": max(later, key=abs)}


def _recording(trial: Trial, original: Setting, changed: Setting) -> dict[str, Any]:
    return {
        "name": trial.name,
        "seconds": round(trial.seconds, 3),
        "original": {"setting": original.document(), "hash": trial.original.sha256},
        "changed": {"setting": changed.document(), "hash": trial.changed.sha256},
    }


def print_whatif(value: dict[str, Any], console: Console) -> None:
    """Print what `document` gave."""
    console.print(_summary(value))
    console.print(Text(_operators_line(value["operators"])))
    console.print(_table(value["conditions"]))
    for what, says in (("missed", "no longer raised"), ("gained", "newly raised")):
        events = value[what]
        console.print(Text(f"{says}: {len(events)}", "bold"))
        for event in events[:SHOWN]:
            console.print(Text(f"  {_line(event)}"))
        if len(events) > SHOWN:
            console.print(Text(f"  and {len(events) - SHOWN} more (--json names them all)"))


def _summary(value: dict[str, Any]) -> Table:
    table = Table("", "original", "changed", box=SIMPLE_HEAD)
    rows = (
        ("alarms", "alarms"),
        ("alarms per bed-hour", "per_bed_hour"),
        ("about the patient", "patient_alarms"),
        ("about the patient per bed-hour", "patient_per_bed_hour"),
        ("hours assessed by the model", "assessed_hours"),
    )
    for says, key in rows:
        table.add_row(says, *(_number(value[side][key]) for side in ("original", "changed")))
    later = value["later_s"]
    told = "" if later is None else f"; kept ones come {later['median']:+.1f} s later (median)"
    table.caption = f"{value['bed_hours']:.2f} bed-hours of {len(value['recordings'])} recordings{told}"
    return table


def _operators_line(operators: dict[str, int] | None) -> str:
    if operators is None:
        return "what operators did then was left out"
    return "{acts} acts of operators in the journal; replayed: {original} original, {changed} changed".format(
        **operators
    )


def _table(conditions: dict[str, dict[str, int]]) -> Table:
    table = Table("condition", "original", "changed", "missed", "gained", box=SIMPLE_HEAD)
    for name, counts in conditions.items():
        table.add_row(name, *(str(counts[what]) for what in ("original", "changed", "missed", "gained")))
    return table


def _line(event: dict[str, Any]) -> str:
    minutes, seconds = divmod(event["raised_s"], 60)
    return f"{event['recording']}  {int(minutes)}:{seconds:04.1f}  {event['priority']:<6} {event['text']}"


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:g}"
