"""False alarms and sensitivity as a JSON document, and as a table."""

import math
from collections.abc import Sequence
from typing import Any, Final

from rich.console import Console
from rich.table import Table

from monitor.evaluation.alarm_rate import FROM_S, Case, Tally, at_sensitivity, curve, tally

Json = dict[str, Any]

THRESHOLDS: Final = (
    0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0, 1.1, 1.2, 1.3, 1.4, 1.5, 1.75, 2.0, 2.25, 2.5, 3.0, 3.5, 4.0,
)  # fmt: skip
USED: Final = 1.0
"""The threshold of the running monitor."""


def alarm_document(names: Sequence[str], cases: Sequence[Case], with_baseline: bool) -> Json:
    """Curves with and without the baseline, the comparison at equal sensitivity, and each record."""
    without = curve(cases, False, THRESHOLDS, FROM_S)
    document: Json = {
        "from_s": FROM_S,
        "hours": round(without[0].hours, 3),
        "episodes": without[0].n_episodes,
        "without_baseline": [_point(point) for point in without],
    }
    if not with_baseline:
        return document | {"records": [_record(name, case, False) for name, case in _named(names, cases)]}
    own = curve(cases, True, THRESHOLDS, FROM_S)
    used = next(point for point in own if point.threshold == USED)
    matched = at_sensitivity(without, used.sensitivity)
    return document | {
        "with_baseline": [_point(point) for point in own],
        "at_equal_sensitivity": {
            "with_baseline": _point(used),
            "without_baseline": None if matched is None else _point(matched),
        },
        "records": [_record(name, case, True) for name, case in _named(names, cases)],
    }


def _named(names: Sequence[str], cases: Sequence[Case]) -> list[tuple[str, Case]]:
    return list(zip(names, cases, strict=True))


def _point(point: Tally) -> Json:
    return {
        "threshold": point.threshold,
        "episodes": point.n_episodes,
        "found": point.n_found,
        "sensitivity": _number(point.sensitivity),
        "alarms": point.n_announced,
        "false_alarms": point.n_false,
        "false_alarms_per_bed_hour": _number(point.false_per_hour),
        "false_minutes_per_bed_hour": _number(point.false_min_per_hour),
    }


def _record(name: str, case: Case, with_baseline: bool) -> Json:
    watched, truth = case
    arms = {"without_baseline": _point(tally(case, watched.population, USED))}
    if with_baseline:
        arms["with_baseline"] = _point(tally(case, watched.own, USED))
    return {
        "record": name,
        "own": list(truth.own),
        "adopted_s": watched.adopted_s,
        "usual_score": watched.usual_score,
        "notes": list(watched.notes),
        **arms,
    }


def _number(value: float) -> float | None:
    return round(value, 4) if math.isfinite(value) else None


def print_alarms(document: Json, console: Console) -> None:
    """Print the curves, the comparison and the records."""
    console.print(f"{document['hours']:.1f} bed-hours, {document['episodes']} abnormal episodes")
    for arm in ("without_baseline", "with_baseline"):
        if arm in document:
            console.print(_curve_table(arm.replace("_", " "), document[arm]))
    if "at_equal_sensitivity" in document:
        rows = [(arm.replace("_", " "), point) for arm, point in document["at_equal_sensitivity"].items()]
        console.print(_rows("at equal sensitivity", rows))
    for arm in ("without_baseline", "with_baseline"):
        rows = [(record["record"], record[arm]) for record in document["records"] if arm in record]
        if rows:
            console.print(_rows(f"records, threshold {USED:g}, {arm.replace('_', ' ')}", rows))


def _curve_table(title: str, points: Sequence[Json]) -> Table:
    return _rows(title, [("", point) for point in points])


def _rows(title: str, rows: Sequence[tuple[str, Json | None]]) -> Table:
    table = Table(title=title, title_justify="left")
    for column in ("", "threshold", "found", "sensitivity", "false/bed-hour", "false min/bed-hour"):
        table.add_column(column, justify="right" if column else "left")
    for name, point in rows:
        if point is None:
            table.add_row(name, "never so sensitive", "", "", "", "")
            continue
        values = ("sensitivity", "false_alarms_per_bed_hour", "false_minutes_per_bed_hour")
        shown = ["-" if point[v] is None else f"{point[v]:.2f}" for v in values]
        table.add_row(name, f"{point['threshold']:g}", f"{point['found']}/{point['episodes']}", *shown)
    return table
