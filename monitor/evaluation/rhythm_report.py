"""Figures of rhythm evaluation, for programs and for people."""

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
from rich.console import Console
from rich.table import Table

from monitor.evaluation.parts import part_of
from monitor.evaluation.rhythm_figures import Outcome, RecordFigures
from monitor.evaluation.rhythm_truth import KINDS

Json = dict[str, Any]
AF_SETS: Final = frozenset({"mitdb", "cpsc2021-af"})
"""VFDB marks atrial fibrillation in one record alone, and not what is irregular in the others."""
GOALS: Final = (
    "goals: lethal sensitivity at least 97 %, at most 1 false lethal alarm per 10 h on MIT-BIH records "
    "without lethal rhythms, 10 s to alarm at most (median under 6 s), atrial fibrillation 95 %"
)


def rhythm_document(figures: Sequence[RecordFigures], part: str) -> Json:
    """Return everything as JSON values, of both parts too; rates are null where nothing was counted."""
    document = _document(figures, part)
    if part == "all":
        document["by_part"] = {
            name: _document([one for one in figures if part_of(one.record) == name], name)
            for name in ("chosen-on", "held-out")
        }
    return document


def _document(figures: Sequence[RecordFigures], part: str) -> Json:
    outcomes = [outcome for one in figures for outcome in one.outcomes]
    calm = [one for one in figures if one.record.startswith("mitdb/") and not one.outcomes]
    calm_h = sum(one.hours for one in calm)
    n_false = sum(len(one.false) for one in calm)
    return {
        "part": part,
        "records": [one.record for one in figures],
        "lethal": {
            "all": _lethal(outcomes),
            **{
                kind: _lethal([outcome for outcome in outcomes if outcome.episode.kind == kind])
                for kind in dict.fromkeys(KINDS.values())
            },
        },
        "false_lethal": {
            "mitdb_without_lethal_rhythms": {
                "records": len(calm),
                "hours": round(calm_h, 2),
                "alarms": n_false,
                "per_10_h": _share(10 * n_false, calm_h),
            },
            "all": [
                {"record": one.record, "alarm": sound.name, "at_s": sound.start_s, "text": sound.text}
                for one in figures
                for sound in one.false
            ],
        },
        "atrial_fibrillation": _af([one for one in figures if _is_marked(one)]),
        "atrial_fibrillation_elsewhere": _af([one for one in figures if not _is_marked(one)]),
        "episodes": [_episode(outcome) for outcome in outcomes],
    }


def _is_marked(one: RecordFigures) -> bool:
    """Whether its set marks atrial fibrillation wherever it is."""
    return one.record.split("/")[0] in AF_SETS


def _lethal(outcomes: Sequence[Outcome]) -> Json:
    times = [outcome.after_s for outcome in outcomes if outcome.after_s is not None]
    return {
        "episodes": len(outcomes),
        "found": sum(outcome.found for outcome in outcomes),
        "sensitivity": _share(sum(outcome.found for outcome in outcomes), len(outcomes)),
        "as_own_kind": sum(outcome.as_own_kind for outcome in outcomes),
        "already_sounding": sum(outcome.found and outcome.after_s is None for outcome in outcomes),
        "time_to_alarm_s": {
            "median": _quantile(times, 0.5),
            "p90": _quantile(times, 0.9),
            "max": _quantile(times, 1.0),
            "within_10_s": _share(sum(time <= 10 for time in times), len(times)),
        },
    }


def _af(figures: Sequence[RecordFigures]) -> Json:
    episodes = [found for one in figures for _, found in one.af]
    quiet_h = sum(one.quiet_h for one in figures)
    without = [one for one in figures if not one.af and one.quiet_h > 0]
    return {
        "episodes": len(episodes),
        "found": sum(episodes),
        "episode_sensitivity": _share(sum(episodes), len(episodes)),
        "missed": [
            {
                "record": one.record,
                "start_s": round(episode.start_s, 1),
                "length_s": round(episode.length_s, 1),
            }
            for one in figures
            for episode, found in one.af
            if not found
        ],
        "time_specificity": _share(quiet_h - sum(one.af_false_h for one in figures), quiet_h),
        "record_specificity": _share(sum(not one.af_false for one in without), len(without)),
        "hours_without": round(quiet_h, 2),
        "false_minutes": {one.record: round(60 * one.af_false_h, 1) for one in figures if one.af_false_h > 0},
    }


def _episode(outcome: Outcome) -> Json:
    return {
        "record": outcome.record,
        "kind": outcome.episode.kind,
        "start_s": round(outcome.episode.start_s, 1),
        "length_s": round(outcome.episode.length_s, 1),
        "alarms": list(outcome.alarms),
        "after_s": None if outcome.after_s is None else round(outcome.after_s, 1),
    }


def _share(part: float, whole: float) -> float | None:
    return round(part / whole, 4) if whole else None


def _quantile(values: Sequence[float], share: float) -> float | None:
    return round(float(np.quantile(values, share)), 2) if values else None


def print_rhythm(document: Json, console: Console) -> None:
    """Print the figures, then every miss and every false alarm by name."""
    table = Table("rhythm", "episodes", "found", "sensitivity", "own kind", "median s", "p90 s", "max s")
    for kind, row in document["lethal"].items():
        time = row["time_to_alarm_s"]
        cells = (row["episodes"], row["found"], row["sensitivity"], row["as_own_kind"])
        table.add_row(kind, *map(_cell, (*cells, time["median"], time["p90"], time["max"])))
    console.print(f"{len(document['records'])} records, part: {document['part']}", table)
    for episode in document["episodes"]:
        if not episode["alarms"]:
            console.print("missed:", episode["record"], episode["kind"], f"{episode['start_s']} s,",
                          f"{episode['length_s']} s long")  # fmt: skip
    calm = document["false_lethal"]["mitdb_without_lethal_rhythms"]
    console.print(
        f"false lethal alarms on {calm['records']} MIT-BIH records without lethal rhythms: {calm['alarms']} "
        f"in {calm['hours']} h, {_cell(calm['per_10_h'])} per 10 h"
    )
    for sound in document["false_lethal"]["all"]:
        console.print("false:", sound["record"], f"{sound['at_s']:.0f} s", sound["alarm"], sound["text"])
    af = document["atrial_fibrillation"]
    console.print(
        f"atrial fibrillation: {af['found']} of {af['episodes']} episodes of 30 s or more; no alarm in "
        f"{_cell(af['time_specificity'])} of {af['hours_without']} h without it, and at all in "
        f"{_cell(af['record_specificity'])} of the records without it"
    )
    console.print("missed:", af["missed"], "false minutes:", af["false_minutes"])
    console.print(GOALS)


def _cell(value: float | None) -> str:
    return "-" if value is None else f"{value:g}"
