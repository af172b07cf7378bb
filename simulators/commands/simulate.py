"""Publish a synthetic patient, or a ward of them, or write one as a WFDB record.

Without options the built-in story "demo" plays at bed ward.1 to a monitor started with `ecg-monitor listen`.

A story is a TOML file: `loop = true` and a list of [[act]] tables such as

    [[act]]
    duration_s = 30
    ectopy = "pvc"
    ectopy_per_minute = 10
    caption = "Premature beats"

Or start an act from a rhythm of --rhythm with `preset = "vt"`.
"""

import argparse
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Final

from engine.errors import ConfigurationError
from monitor.endpoints import DATA
from simulators.pace import Pace
from simulators.patient.patient import Patient, check_rate
from simulators.patient.presets import PRESETS
from simulators.patient.recording import write_record
from simulators.patient.story import BUILT_IN, Story, load_story, single_rhythm
from simulators.patient.truth import truth
from simulators.terminable import terminable
from simulators.ward import Occupant, Progress, occupants, play

MAX_BEDS: Final = 512
MAX_SPEED: Final = 1000.0
INTERRUPTED: Final = 130
"""What shells expect of a program that was ended by Ctrl-C."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    what = parser.add_mutually_exclusive_group()
    what.add_argument(
        "--story", metavar="NAME|FILE", help=f"a TOML file, or built in: {', '.join(BUILT_IN)} (default demo)"
    )
    what.add_argument("--rhythm", metavar="NAME", help=f"stay in one rhythm: {', '.join(PRESETS)}")
    parser.add_argument("--seed", type=int, default=0, help="another seed, another patient (default 0)")
    parser.add_argument("--fs", type=float, default=500.0, metavar="HZ", help="sampling rate (default 500)")
    parser.add_argument(
        "--loop",
        action=argparse.BooleanOptionalAction,
        help="start over at the end (default: as the story says)",
    )
    parser.add_argument("--duration", type=float, metavar="S", help="stop after S seconds of signal")
    parser.add_argument("--bed", default="ward.1", help="UNIT.BED or BED (default ward.1)")
    parser.add_argument(
        "--beds", type=int, default=1, metavar="N", help="N patients at beds 1 to N, each with its own seed"
    )
    where = parser.add_mutually_exclusive_group()
    where.add_argument("--to", default=DATA, metavar="ENDPOINT", help=f"monitor to send to (default {DATA})")
    where.add_argument("--bind", metavar="ENDPOINT", help="wait here for monitors to connect instead")
    parser.add_argument("--insecure", action="store_true", help="allow endpoints beyond this machine")
    parser.add_argument("--speed", type=float, default=1.0, help="times real time (default 1)")
    parser.add_argument(
        "--truth", type=Path, metavar="FILE", help="write what the patient really had, as JSON"
    )
    parser.add_argument(
        "--record", type=Path, metavar="RECORD", help="write a WFDB record and publish nothing"
    )


def run(arguments: argparse.Namespace) -> int:
    """Publish or record."""
    story = _story(arguments)
    _check(arguments)
    if arguments.record is not None:
        return _record(arguments, story)
    ward = occupants(arguments.bed, arguments.beds, arguments.seed, story)
    n_sent = 0
    try:
        with terminable():
            for progress in _shown(_progress(arguments, ward), ward):
                n_sent = progress.n_samples
    except KeyboardInterrupt:  # the usual end of an endless story
        return INTERRUPTED
    finally:
        _write_truth(arguments, ward[0], n_sent)
    return 0


def _story(arguments: argparse.Namespace) -> Story:
    if arguments.rhythm is not None:
        story = single_rhythm(arguments.rhythm)
    else:
        story = load_story(arguments.story or "demo")
    return story if arguments.loop is None else replace(story, loop=arguments.loop)


def _check(arguments: argparse.Namespace) -> None:
    check_rate(arguments.fs)
    if not 0 < arguments.speed <= MAX_SPEED:
        raise ConfigurationError(f"--speed {arguments.speed:g}: give more than 0 and at most {MAX_SPEED:g}")
    if not 1 <= arguments.beds <= MAX_BEDS:
        raise ConfigurationError(f"--beds {arguments.beds}: give 1 to {MAX_BEDS}")
    if arguments.seed < 0:
        raise ConfigurationError(f"--seed {arguments.seed}: give 0 or more")
    if arguments.duration is not None and not 0 < arguments.duration <= 1e7:
        raise ConfigurationError(f"--duration {arguments.duration:g}: give seconds, more than 0")
    if arguments.beds > 1:
        for option in ("truth", "record", "bind"):
            if getattr(arguments, option) is not None:
                raise ConfigurationError(f"--{option} is for one bed: leave out --beds {arguments.beds}")
    if arguments.truth is not None and not arguments.truth.parent.is_dir():
        raise ConfigurationError(
            f"--truth {arguments.truth}: no folder {arguments.truth.parent}, create it first"
        )


def _progress(arguments: argparse.Namespace, ward: list[Occupant]) -> Iterator[Progress]:
    return play(
        ward,
        arguments.bind or arguments.to,
        fs_hz=arguments.fs,
        n_samples=None if arguments.duration is None else round(arguments.duration * arguments.fs),
        pace=Pace(arguments.speed),
        bind=arguments.bind is not None,
        insecure=arguments.insecure,
        opened=lambda endpoint: _announce(ward, endpoint, arguments),
    )


def _announce(ward: list[Occupant], endpoint: str, arguments: argparse.Namespace) -> None:
    from rich.console import Console

    beds = ward[0].bed if len(ward) == 1 else f"{ward[0].bed} to {ward[-1].bed}"
    how = "waiting at" if arguments.bind else "sending to"
    Console().print(f"[bold]{beds}[/]: 12 leads at {arguments.fs:g} Hz, {how} {endpoint}. Ctrl-C ends.")


def _shown(steps: Iterator[Progress], ward: list[Occupant]) -> Iterator[Progress]:
    """Pass every step on, with a line on the terminal that is renewed once per second of signal."""
    from rich.console import Console
    from rich.live import Live

    console = Console()
    caption = ""
    with Live(console=console, auto_refresh=False, transient=True) as live:
        for n, step in enumerate(steps):
            yield step
            if step.caption != caption:
                caption = step.caption
                console.print(f"{ward[0].bed}: {caption}", highlight=False)
            if n % 25 == 0:
                watched = f"{step.monitors} watching" if step.monitors else "nobody is listening yet"
                live.update(f"{caption} · {watched} · {step.late_s * 1e3:.0f} ms late", refresh=True)


def _record(arguments: argparse.Namespace, story: Story) -> int:
    duration_s = story.duration_s if arguments.duration is None else arguments.duration
    if not story.loop:
        duration_s = min(duration_s, story.duration_s)
    n_samples = int(duration_s * arguments.fs)
    known = truth(story, seed=arguments.seed, fs_hz=arguments.fs, n_samples=n_samples)
    write_record(arguments.record, Patient(story, seed=arguments.seed, fs_hz=arguments.fs), known)
    occupant = Occupant(arguments.bed, arguments.seed, story)
    _write_truth(arguments, occupant, n_samples)
    print(f"{arguments.record}: {duration_s:g} s, {len(known.beats)} beats")  # noqa: T201
    return 0


def _write_truth(arguments: argparse.Namespace, who: Occupant, n_samples: int) -> None:
    if arguments.truth is None or n_samples == 0:
        return
    known = truth(who.story, seed=who.seed, fs_hz=arguments.fs, n_samples=n_samples)
    try:
        arguments.truth.write_text(known.to_json(), "utf-8")
    except OSError as error:
        raise ConfigurationError(f"cannot write --truth {arguments.truth}: {error.strerror}") from None
