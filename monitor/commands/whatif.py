"""Judge recorded hours again with other limits, thresholds or models, beside the original settings.

RECORDING is a journal's folder (every bed and run whose waveforms are stored there, at the limits and hop of
then) or a WFDB record (at the defaults). Both settings run over the same samples at the same time. Told are
alarms per bed-hour, alarms that would no longer have been raised (missed), and new ones (gained); alarms of
one condition less than 10 s apart are about the same event. What operators did then (acknowledge, pause the
audio, set limits, order of the baseline) is done again at its moment of the stream, unless --no-operators; a
limit that is changed here stays so. What only the clock tells (a lost source, latency) does not happen.
"""

import argparse
import json
import math
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from engine.errors import ConfigurationError, EcgMonitorError, RecordError
from monitor.model_options import check_hop, check_threads

if TYPE_CHECKING:
    from monitor.pipeline.reading import WindowScorer
    from monitor.whatif.setting import Setting
    from monitor.whatif.trial import Trial


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("recordings", nargs="*", metavar="RECORDING", help="default: the user's own journal")
    change = parser.add_argument_group("what is changed")
    change.add_argument(
        "--limit",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="low_bpm, high_bpm, extreme_low_bpm, extreme_high_bpm; may be given several times",
    )
    change.add_argument(
        "--off", action="append", default=[], metavar="ALARM", help="switch one off that may be"
    )
    change.add_argument("--threshold", type=float, metavar="X", help="of the score (1 is the model's own)")
    change.add_argument("--model", metavar="M", help="name of a model, or the path of its .safetensors")
    change.add_argument("--hop", type=float, metavar="S", help="seconds between two windows")
    change.add_argument(
        "--no-baseline", action="store_true", help="judge against normal ECG alone, not the patient's own"
    )
    parser.add_argument("--original-model", default="mcr", metavar="M", help="default mcr")
    parser.add_argument("--bed", help="of a journal: this bed alone")
    parser.add_argument("--run", help="of a journal: this run of the core alone")
    parser.add_argument(
        "--no-operators", action="store_true", help="of a journal: leave out what operators did then"
    )
    parser.add_argument("--threads", type=int, default=1, metavar="N", help="for the model (default 1)")
    parser.add_argument("--json", action="store_true", help="one JSON object")


def run(arguments: argparse.Namespace) -> int:
    """Try every recording; one that cannot be read is named, the others are still tried."""
    _check(arguments)
    from rich.console import Console

    from monitor.journal.journal import default_directory
    from monitor.whatif.recordings import sources_of
    from monitor.whatif.report import document, print_whatif
    from monitor.whatif.setting import Setting
    from monitor.whatif.trial import try_out
    from monitor.wire import bed_name

    bed = None if arguments.bed is None else bed_name(arguments.bed)
    scorers: dict[str, WindowScorer] = {}
    trials: list[Trial] = []
    both: list[tuple[Setting, Setting]] = []
    code = 0
    for place in arguments.recordings or [str(default_directory())]:
        original = Setting(model=arguments.original_model)
        for source in sources_of(place, bed, arguments.run, original, not arguments.no_operators):
            settings = source.original, _changed(source.original, arguments)
            used = [_scorer(scorers, one.model, arguments.threads) for one in settings]
            try:
                trials.append(try_out(source.name, source.open(), settings, (used[0], used[1]), source.acts))
            except RecordError as error:
                print(f"ecg-monitor: {error}", file=sys.stderr)  # noqa: T201
                code = EcgMonitorError.EXIT_CODE
                continue
            both.append(settings)
    if trials:
        value = document(trials, both, operators=not arguments.no_operators)
        if arguments.json:
            print(json.dumps(value, allow_nan=False))  # noqa: T201
        else:
            print_whatif(value, Console())
    return code


def _check(arguments: argparse.Namespace) -> None:
    """Refuse at once what could only fail after hours."""
    check_threads(arguments.threads)
    if arguments.hop is not None:
        check_hop(arguments.hop)
    if arguments.threshold is not None and not 0 < arguments.threshold < math.inf:
        raise ConfigurationError(f"--threshold {arguments.threshold:g}: give a number above 0")
    what = (arguments.limit, arguments.off, arguments.threshold, arguments.model, arguments.hop)
    if not any(what) and not arguments.no_baseline:
        raise ConfigurationError(
            "nothing is changed: give --limit, --off, --threshold, --model, --hop or --no-baseline"
        )
    from monitor.alarms.limits import Limits

    Limits().changed(off=frozenset(arguments.off))
    _limits(arguments.limit)


def _limits(given: list[str]) -> dict[str, float]:
    limits: dict[str, float] = {}
    for text in given:
        name, _, value = text.partition("=")
        try:
            limits[name.strip()] = float(value)
        except ValueError:
            raise ConfigurationError(f"--limit {text}: give NAME=VALUE, for example high_bpm=130") from None
    return limits


def _changed(original: "Setting", arguments: argparse.Namespace) -> "Setting":
    from monitor.whatif.setting import changed

    return changed(
        original,
        _limits(arguments.limit),
        frozenset(arguments.off),
        threshold=arguments.threshold,
        model=arguments.model,
        hop_s=arguments.hop,
        own_baseline=False if arguments.no_baseline else None,
    )


def _scorer(known: "dict[str, WindowScorer]", model: str, threads: int) -> "WindowScorer":
    """Load each model once."""
    if model not in known:
        from engine.scorer import WEIGHTS, load_scorer

        path = Path(model)
        name, folder = (path.stem, path.parent) if path.suffix == ".safetensors" else (model, WEIGHTS)
        known[model] = load_scorer(name, threads=threads, weights=folder)
    return known[model]
