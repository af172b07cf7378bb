"""Evaluate the learned anomaly on long annotated recordings: false alarms per bed-hour against sensitivity.

Every record runs through the same pipeline as live signals. The alarm is judged with the patient's baseline
and without it, at many thresholds, and compared at equal sensitivity. Weights and threshold were chosen on
one half of the MIT-BIH records (`--part choice`); the other (`--part report`, the default) only reports.

An annotated beat is abnormal if it is ectopic, or of a conduction (bundle-branch block, paced, escape) that
is not the patient's own; a rhythm is abnormal if it is neither sinus nor the patient's own. The patient's own
is what is constant in the first five minutes. Abnormal stretches less than 30 s apart are one episode. An
episode is found if an alarm stands during it or is raised up to 10 s after it. An alarm counts when it is
raised, and again every 120 s while it stands; it is false if nothing abnormal was annotated in the 14 s
before. Counting begins when learning ends (370 s), with the baseline and without it.

With `--normal`, all alarms are counted, with the model on and baselines learned as live, that are raised
where every beat is marked normal and the rhythm sinus, and both have been for a minute. An alarm of the
heart rate is confirmed if the annotated beats before it give a rate beyond the limit as well.
"""

import argparse
import json
import os
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypeVar

from engine.errors import ConfigurationError
from engine.grid import HOP_S
from monitor.evaluation.parts import grouped
from monitor.model_options import check_hop

if TYPE_CHECKING:
    from monitor.evaluation.alarm_rate import Case
    from monitor.evaluation.normal import NormalHours

S = TypeVar("S")
T = TypeVar("T")

CHOICE: Final = ("101", "107", "109", "114", "116", "119", "124", "203", "207", "209", "217", "223")
REPORT: Final = ("106", "108", "112", "115", "118", "122", "201", "205", "208", "215", "220", "230")
"""Every second record in the order of their numbers; no patient is in both halves."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("--records", nargs="+", type=Path, help="annotated WFDB records instead of a part")
    parser.add_argument(
        "--part", choices=("report", "choice", "all"), default="report", help="of MIT-BIH (default: report)"
    )
    parser.add_argument("--data", type=Path, help="folder with mitdb/ (default: $ECG_MONITOR_DATA)")
    parser.add_argument("--no-baseline", action="store_true", help="learn no baselines: one curve alone")
    parser.add_argument(
        "--hop", type=float, default=HOP_S, metavar="S", help="seconds between two windows (default 1)"
    )
    parser.add_argument(
        "--jobs", type=int, default=1, metavar="N", help="records at the same time (default 1)"
    )
    parser.add_argument(
        "--normal",
        action="store_true",
        help="count instead what is alarmed, of any kind, where beats and rhythm are marked normal",
    )
    parser.add_argument("--json", action="store_true", help="one JSON object on one line")


def run(arguments: argparse.Namespace) -> int:
    """Run every record, print what came of it."""
    check_hop(arguments.hop)
    if arguments.jobs < 1:
        raise ConfigurationError(f"--jobs {arguments.jobs}: at least one record must run at a time")
    paths = [Path(path).with_suffix("") for path in arguments.records or _part(arguments)]
    from rich.console import Console

    if arguments.normal:
        return _run_normal(paths, arguments)
    from monitor.evaluation.alarm_report import alarm_document, print_alarms

    judged = partial(case, hop_s=arguments.hop, learn_baselines=not arguments.no_baseline)
    cases = _each(judged, paths, arguments.jobs)
    document = alarm_document([path.name for path in paths], cases, not arguments.no_baseline)
    if arguments.json:
        print(json.dumps(document, allow_nan=False))  # noqa: T201
    else:
        print_alarms(document, Console())
    return 0


def _run_normal(paths: list[Path], arguments: argparse.Namespace) -> int:
    from rich.console import Console

    from monitor.evaluation.normal import normal_document, print_normal

    found = _each(normal, grouped(paths), arguments.jobs)
    document = normal_document([one for group in found for one in group])
    if arguments.json:
        print(json.dumps(document, allow_nan=False))  # noqa: T201
    else:
        print_normal(document, Console())
    return 0


def _each(judged: Callable[[S], T], given: list[S], jobs: int) -> list[T]:
    if jobs == 1:
        return [judged(one) for one in given]
    with ProcessPoolExecutor(jobs) as pool:
        return list(pool.map(judged, given))


def normal(paths: list[Path]) -> "list[NormalHours]":
    """Run records side by side and note what was alarmed where they are normal."""
    from engine.scorer import load_scorer
    from monitor.evaluation.normal import normal_hours

    return normal_hours(paths, load_scorer())


def case(path: Path, hop_s: float, learn_baselines: bool) -> "Case":
    """Run one record through the pipeline and read what its annotations say."""
    from engine.scorer import load_scorer
    from monitor.evaluation.truth import read_truth
    from monitor.evaluation.watched import watch
    from monitor.records import read_record

    record = read_record(path)
    truth = read_truth(path, record.duration_s)
    return watch(record, load_scorer(), hop_s, learn_baselines), truth


def _part(arguments: argparse.Namespace) -> list[Path]:
    root = arguments.data or os.environ.get("ECG_MONITOR_DATA") or Path("..") / "shared" / "data"
    folder = Path(root) / "mitdb"
    names = {"choice": CHOICE, "report": REPORT, "all": (*CHOICE, *REPORT)}[arguments.part]
    missing = [name for name in names if not (folder / f"{name}.hea").is_file()]
    if missing:
        raise ConfigurationError(
            f"no records {', '.join(missing)} in {folder}: name the folder that holds mitdb/ with --data, "
            "or records with --records"
        )
    return [folder / name for name in names]
