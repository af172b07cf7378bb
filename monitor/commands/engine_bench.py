"""Measure how long each backend takes for batches of windows, and how that compares with eager torch.

Times are of whole calls, arrays in and arrays out, after warm-up; a call ends when its results are back on
the CPU, so that nothing is still under way on a device. Ratios are to eager torch on the same device and in
the same run.
"""

import argparse
import json
import os
import time
from typing import TYPE_CHECKING, Any, Final

from engine.errors import ConfigurationError
from monitor.engine_options import add_choice_arguments, add_engine_arguments, model_of

if TYPE_CHECKING:
    from engine.backends.backend import Backend
    from engine.preprocess import ModelInput

BATCHES: Final = (1, 16, 256, 4096)
WARM_UPS: Final = 3
LEAST_CALLS: Final = 5
MOST_CALLS: Final = 2000
REFERENCES: Final = ("torch-cuda", "torch")
"""Eager torch: on the GPU if there is one."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument(
        "--batches", nargs="+", type=int, default=list(BATCHES), metavar="N", help="windows in one call"
    )
    parser.add_argument(
        "--seconds", type=float, default=5.0, help="for each backend and batch, warm-up apart (default 5)"
    )
    add_choice_arguments(parser)
    add_engine_arguments(parser)


def run(arguments: argparse.Namespace) -> int:
    """Measure all backends, reference first."""
    if not 0 < arguments.seconds <= 3600 or min(arguments.batches) < 1:
        raise ConfigurationError("--seconds must be more than 0 and at most 3600, --batches 1 or more")
    os.environ.setdefault("OMP_NUM_THREADS", str(arguments.threads))  # torch reads it when it is loaded
    model = model_of(arguments)
    names = sorted(arguments.only, key=lambda name: name not in REFERENCES)
    eager_ms: dict[int, float] = {}
    backends: dict[str, Any] = {}
    for name in names:
        from engine.backends.backend import AbsentBackendError
        from engine.backends.rungs import rung_of

        rung = rung_of(model, name)
        started_s = time.perf_counter()
        try:
            backend = rung.load(lambda sentence: None)
        except AbsentBackendError as absent:
            backends[name] = {"absent": str(absent)}
            continue
        loaded_s = round(time.perf_counter() - started_s, 2)
        found = _measure_all(backend, sorted(arguments.batches), arguments.seconds)
        if name in REFERENCES:
            eager_ms = eager_ms or {n: one["median_ms"] for n, one in found.items() if "median_ms" in one}
        for n, one in found.items():
            if n in eager_ms and "median_ms" in one:
                one["times_eager"] = round(eager_ms[n] / one["median_ms"], 2)
        backends[name] = {"precision": rung.precision, "load_s": loaded_s, "batches": found}
    if not arguments.json:
        _print_table(backends)
    print(json.dumps({"threads": arguments.threads, "backends": backends}))  # noqa: T201
    return 0


def _measure_all(backend: "Backend", batches: list[int], seconds: float) -> dict[int, dict[str, Any]]:
    from engine.backends.samples import sample_batch

    found: dict[int, dict[str, Any]] = {}
    per_window_s = 0.0
    for n in batches:
        expected_s = per_window_s * n * (WARM_UPS + LEAST_CALLS)
        if expected_s > 4 * seconds:
            enough = f"--seconds {expected_s / 4:.0f} measures it"
            found[n] = {"skipped": f"not measured, takes about {expected_s:.0f} s: {enough}"}
            continue
        found[n] = _measure(backend, _repeated(sample_batch(min(n, 64)), n), seconds)
        per_window_s = found[n]["median_ms"] / 1000 / n
    return found


def _repeated(batch: "ModelInput", n: int) -> "ModelInput":
    """The same windows again and again: what is in them does not change how long they take."""
    from dataclasses import fields

    import numpy as np

    from engine.preprocess import ModelInput

    rows = np.arange(n) % len(batch.signal)
    return ModelInput(*(getattr(batch, field.name)[rows] for field in fields(ModelInput)))


def _measure(backend: "Backend", batch: "ModelInput", seconds: float) -> dict[str, Any]:
    for _ in range(WARM_UPS):
        backend.run(batch)
    taken_ms: list[float] = []
    ends_s = time.perf_counter() + seconds
    while len(taken_ms) < LEAST_CALLS or (time.perf_counter() < ends_s and len(taken_ms) < MOST_CALLS):
        started_s = time.perf_counter()
        backend.run(batch)
        taken_ms.append((time.perf_counter() - started_s) * 1000)
    taken_ms.sort()
    median_ms = taken_ms[len(taken_ms) // 2]
    return {
        "median_ms": round(median_ms, 3),
        "p99_ms": round(taken_ms[min(len(taken_ms) - 1, int(0.99 * len(taken_ms)))], 3),
        "max_ms": round(taken_ms[-1], 3),
        "calls": len(taken_ms),
        "windows_per_s": round(len(batch.signal) / median_ms * 1000),
    }


def _print_table(backends: dict[str, Any]) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table("backend", "batch", "median ms", "p99 ms", "max ms", "windows/s", "times eager")
    notes: dict[str, list[str]] = {}
    for name, one in backends.items():
        if "absent" in one:
            notes.setdefault(one["absent"], []).append(name)
        for n, found in one.get("batches", {}).items():
            if "skipped" in found:
                notes.setdefault(found["skipped"], []).append(f"{name} with {n}")
                continue
            figures = [str(found[key]) for key in ("median_ms", "p99_ms", "max_ms", "windows_per_s")]
            table.add_row(name, str(n), *figures, str(found.get("times_eager", "-")))
    console = Console()
    console.print(table)
    for note, names in notes.items():
        console.print(f"{', '.join(names)}: {note}", soft_wrap=True, highlight=False)
