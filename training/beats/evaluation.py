"""All figures of `evaluate beats`."""

from collections.abc import Callable, Sequence
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any

from engine.classify.network import load_network
from engine.errors import ConfigurationError
from training.beats.boundaries import CSE_MS, Delineator, import_neurokit, measure, neurokit, own
from training.beats.classes import RecordFigures, compare, summary
from training.beats.live import judge
from training.beats.ludb import PARTS, read_drawn
from training.beats.recordings import PACED, data_root, names_of, read_recording
from training.beats.session import each


def evaluate(
    data: Path | None,
    sets: Sequence[str],
    records: Sequence[str] | None,
    part: str,
    with_neurokit: bool,
    jobs: int,
    done: Callable[[str], None],
) -> dict[str, Any]:
    """Measure the sets asked for; a plain value for JSON."""
    root = data_root(data)
    if with_neurokit and "ludb" in sets:
        import_neurokit()  # say so before the long work, not after it
    found: dict[str, Any] = {}
    for name in ("mitdb", "nstdb"):
        if name in sets and (chosen := _chosen(names_of(root / name), records)):
            found[name] = _classes(root / name, chosen, jobs, done)
    numbers = [name for name in map(str, PARTS[part]) if not records or name in records]
    if "ludb" in sets and numbers:
        found["ludb"] = _delineation(root / "ludb" / "data", part, numbers, with_neurokit)
    if not found:
        raise ConfigurationError(f"none of the records {' '.join(records or [])} is in {', '.join(sets)}")
    return found


def _chosen(names: list[str], records: Sequence[str] | None) -> list[str]:
    return [name for name in names if not records or name in records]


def judge_record(folder: Path, name: str) -> RecordFigures:
    """One record, by the members of the ensemble that never saw it."""
    recording = read_recording(folder, name)
    return compare(recording, judge(recording, load_network().without(name[:3])))


def _classes(folder: Path, names: list[str], jobs: int, done: Callable[[str], None]) -> dict[str, Any]:
    rows = []
    for row in each(partial(judge_record, folder), names, jobs):
        rows.append(row)
        done(row.record)
    return {
        "all": summary([row for row in rows if row.record not in PACED]),
        "paced": [row.record for row in rows if row.record in PACED],
        "records": [asdict(row) for row in rows],
    }


def _delineation(folder: Path, part: str, numbers: list[str], with_neurokit: bool) -> dict[str, Any]:
    delineators: dict[str, Delineator] = {"ecg-monitor": own}
    if with_neurokit:
        delineators["neurokit2"] = neurokit
    drawn = (read_drawn(folder, int(number)) for number in numbers)
    return {
        "part": part,
        "n_records": len(numbers),
        "cse_sd_ms": CSE_MS,
        "delineators": measure(drawn, delineators),
    }
