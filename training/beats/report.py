"""What `evaluate beats` prints."""

from collections.abc import Iterator
from typing import Any

from rich.table import Table


def tables(found: dict[str, Any]) -> Iterator[Table]:
    """One table for each part of the figures."""
    for name in ("mitdb", "nstdb"):
        if name in found:
            yield _summary(name, found[name]["all"])
            yield _by_record(name, found[name]["records"])
    if "ludb" in found:
        yield _delineation(found["ludb"])


def _summary(name: str, figures: dict[str, Any]) -> Table:
    table = Table(title=f"{name}: gross (average over records), without paced records")
    for column in ("", "true", "sensitivity", "positive predictivity", "F1"):
        table.add_column(column, justify="left" if not column else "right")
    for what, one in figures.items():
        table.add_row(
            what.replace("_", " "),
            str(one["hits"] + one["missed"]),
            f"{one['sensitivity']:.2%} ({one['average_sensitivity']:.2%})",
            f"{one['predictivity']:.2%} ({one['average_predictivity']:.2%})",
            f"{one['f1']:.4f}",
        )
    return table


def _by_record(name: str, records: list[dict[str, Any]]) -> Table:
    table = Table(title=f"{name}: found, missed, false")
    for column in (
        "record",
        "R peaks",
        "ventricular",
        "supraventricular",
        "fusion as ventricular",
        "unknown",
    ):
        table.add_column(column, justify="left" if column == "record" else "right")
    for one in records:
        table.add_row(
            one["record"],
            *(_counts(one[what]) for what in ("r_peaks", "ventricular", "supraventricular")),
            str(one["fusion_as_ventricular"]),
            str(one["unknown"]),
        )
    return table


def _counts(tally: dict[str, int]) -> str:
    return f"{tally['hits']} {tally['missed']} {tally['false']}"


def _delineation(found: dict[str, Any]) -> Table:
    table = Table(title=f"LUDB, {found['n_records']} records ({found['part']}): mean ± deviation, ms; found")
    table.add_column("boundary")
    table.add_column("CSE tolerance", justify="right")
    for name in found["delineators"]:
        table.add_column(name, justify="right")
    for boundary in next(iter(found["delineators"].values())):
        row = [one[boundary] for one in found["delineators"].values()]
        tolerance = found["cse_sd_ms"].get(boundary)
        table.add_row(
            boundary,
            f"{tolerance:.1f}" if tolerance else "-",
            *(f"{one['mean_ms']:+.1f} ± {one['sd_ms']:.1f}; {one['sensitivity']:.1%}" for one in row),
        )
    return table
