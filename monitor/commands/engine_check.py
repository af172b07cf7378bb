"""Run every backend that this machine has against eager torch, and say which were not there and why.

The same windows go through each, alone and in batches: whole ones, with missing leads, without beats, with a
gap. Engines that are not there are built first, which may take minutes. Ends with 0 if all that are here
agree, with 2 if one does not.
"""

import argparse
import json
from typing import TYPE_CHECKING, Any

from engine.errors import EcgMonitorError
from monitor.engine_options import add_choice_arguments, add_engine_arguments, model_of

if TYPE_CHECKING:
    from engine.backends.conformance import Reference
    from engine.backends.rungs import Model


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    add_choice_arguments(parser)
    add_engine_arguments(parser)


def run(arguments: argparse.Namespace) -> int:
    """Compare."""
    from engine.backends.conformance import Reference

    model = model_of(arguments)
    reference = Reference(model.checkpoint)
    rows = [_row(model, reference, name) for name in arguments.only]
    if not arguments.json:
        _print_table(rows)
    agree = not any(row["state"] in ("differs", "broken") for row in rows)
    print(json.dumps({"agree": agree, "backends": rows}))  # noqa: T201
    return 0 if agree else EcgMonitorError.EXIT_CODE


def _row(model: "Model", reference: "Reference", name: str) -> dict[str, Any]:
    from engine.backends.backend import AbsentBackendError
    from engine.backends.rungs import rung_of

    rung = rung_of(model, name)
    row: dict[str, Any] = {"backend": name, "precision": rung.precision}
    try:
        agreement = reference.compare(rung.load(lambda sentence: None), rung.precision)
    except AbsentBackendError as absent:
        return row | {"state": "not here", "why": str(absent)}
    except Exception as error:  # whatever a runtime raises: the others are still compared
        why = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        return row | {"state": "broken", "why": why}
    return row | {
        "state": "agrees" if agreement.holds else "differs",
        "score": agreement.score,
        "output": agreement.output,
        "tolerance": agreement.tolerance,
    }


def _print_table(rows: list[dict[str, Any]]) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table("backend", "precision", "scores differ by", "outputs by", "allowed", "state")
    for row in rows:
        figures = [f"{row[name]:.1e}" if name in row else "-" for name in ("score", "output", "tolerance")]
        table.add_row(row["backend"], row["precision"], *figures, row["state"])
    console = Console()
    console.print(table)
    for why in dict.fromkeys(row["why"] for row in rows if "why" in row):
        names = ", ".join(row["backend"] for row in rows if row.get("why") == why)
        console.print(f"{names}: {why}", soft_wrap=True, highlight=False)
