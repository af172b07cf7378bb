"""Play a WFDB recording to the monitor as if a bedside device sent it.

RECORD is a record with or without extension (.hea, .dat, .mat; multi-segment as well). Without options it
plays at bed ward.1, in real time, to a monitor started with `ecg-monitor listen`; the first one waits for the
other.
"""

import argparse
import math
import re
from collections.abc import Iterable
from typing import Final

from rich.console import Console
from rich.live import Live

from engine.errors import ConfigurationError
from monitor.endpoints import DATA
from monitor.records import Record, hello_of, read_record
from monitor.wire import bed_name
from simulators.fault import Fault
from simulators.pace import Pace
from simulators.publisher import Publisher
from simulators.replay import Progress, replay
from simulators.terminable import terminable

_WAIT_S: Final = 0.5
"""How often waiting looks up, so that Ctrl-C is heard."""
_INTERRUPTED: Final = 130


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("record", metavar="RECORD", help="WFDB record")
    parser.add_argument("--bed", default="ward.1", help="UNIT.BED or BED (default ward.1)")
    where = parser.add_mutually_exclusive_group()
    where.add_argument("--to", default=DATA, metavar="ENDPOINT", help=f"monitor to send to (default {DATA})")
    where.add_argument("--bind", metavar="ENDPOINT", help="wait here for monitors to connect instead")
    parser.add_argument("--speed", default="1", help="times real time, or max (default 1)")
    parser.add_argument("--loop", action="store_true", help="start over at the end, for ever")
    parser.add_argument("--start", default="0", metavar="TIME", help="seconds, or MM:SS, or HH:MM:SS")
    parser.add_argument("--end", metavar="TIME", help="the same (default: the recording's end)")
    parser.add_argument(
        "--payload", choices=("float32", "int16"), default="float32", help="on the wire (default float32)"
    )
    parser.add_argument(
        "--chunk-ms",
        type=float,
        default=40.0,
        metavar="MS",
        help="signal per message, 5 to 1000 (default 40)",
    )
    parser.add_argument(
        "--fault", metavar="SPEC", help="a bad network: drop=0.02,duplicate=,reorder=,delay=,corrupt=,seed="
    )
    parser.add_argument("--insecure", action="store_true", help="allow endpoints beyond this machine")


def run(arguments: argparse.Namespace) -> int:
    """Replay."""
    speed, chunk_s = _speed(arguments.speed), _chunk_s(arguments.chunk_ms)
    bed = bed_name(arguments.bed)
    fault = None if arguments.fault is None else Fault.parse(arguments.fault)
    end_s = None if arguments.end is None else _seconds(arguments.end)
    record = read_record(arguments.record, _seconds(arguments.start), end_s)
    hello = hello_of(record, bed, arguments.payload)
    console = Console(highlight=False)
    sent_s = 0.0
    with (
        terminable(),
        Publisher(
            arguments.bind or arguments.to,
            bed,
            leads=hello.leads,
            fs_hz=hello.fs_hz,
            unit=hello.unit,
            payload=hello.payload,
            gain_uv=hello.gain_uv,
            offset_uv=hello.offset_uv,
            flags=hello.flags,
            device=hello.device,
            patient=hello.patient,
            bind=arguments.bind is not None,
            insecure=arguments.insecure,
            lossless=speed != 1,
            chunk_s=chunk_s,
            through=fault,
        ) as publisher,
    ):
        try:
            _introduce(console, record, bed)
            _wait(console, publisher, arguments.bind is not None)
            steps = replay(record, publisher, Pace(speed), arguments.loop, chunk_s)
            for step in _shown(console, steps, record, publisher):
                sent_s = step.sent_s
        except KeyboardInterrupt:
            publisher.close("the replay was stopped")
            console.print(f"stopped after {sent_s:.1f} s; the monitor was told")
            return _INTERRUPTED
        publisher.close("end of the recording")
    console.print(f"{record.name}: {sent_s:.1f} s sent to bed {bed}")
    return 0


def _introduce(console: Console, record: Record, bed: str) -> None:
    console.print(
        f"{record.name}: {record.duration_s:.1f} s of {', '.join(record.leads)} at {record.fs_hz:g} Hz, "
        f"to bed {bed}. Ctrl-C ends."
    )
    for note in record.notes:
        console.print(f"  {note}", style="dim")


def _wait(console: Console, publisher: Publisher, bound: bool) -> None:
    if publisher.wait_for_monitor(_WAIT_S):
        return
    there = "" if publisher.endpoint == DATA else f" {publisher.endpoint}"
    cure = f"ecg-monitor listen --connect {publisher.endpoint}" if bound else f"ecg-monitor listen{there}"
    where = "for a monitor to connect to" if bound else "for a monitor at"
    console.print(f"waiting {where} {publisher.endpoint}: start `{cure}`", soft_wrap=True)
    while not publisher.wait_for_monitor(_WAIT_S):
        pass


def _shown(
    console: Console, steps: Iterable[Progress], record: Record, publisher: Publisher
) -> Iterable[Progress]:
    """Pass every step on, with a line on the terminal that is renewed several times a second."""
    with Live(console=console, auto_refresh=False, transient=True) as live:
        shown_s = -math.inf
        for step in steps:
            yield step
            now_s = console.get_time()
            if console.is_terminal and now_s - shown_s >= 0.25:
                shown_s = now_s
                live.update(_line(step, record, publisher.monitors), refresh=True)


def _line(step: Progress, record: Record, monitors: int) -> str:
    end_s = record.start_s + record.duration_s
    rounds = f" · round {step.round + 1}" if step.round else ""
    listening = f"{monitors} listening" if monitors else "nobody is listening any more"
    late = f" · {step.late_s:.1f} s behind" if step.late_s > 0.1 else ""
    return f"{_clock(step.position_s)} of {_clock(end_s)}{rounds} · {listening}{late}"


def _clock(seconds: float) -> str:
    return f"{int(seconds // 60)}:{seconds % 60:04.1f}"


def _seconds(text: str) -> float:
    if re.fullmatch(r"(\d+:){0,2}\d+(\.\d+)?", text) is None:
        raise ConfigurationError(f"time {text!r}: give seconds (90), MM:SS (1:30) or HH:MM:SS")
    seconds = 0.0
    for part in text.split(":"):
        seconds = seconds * 60 + float(part)
    return seconds


def _speed(text: str) -> float:
    try:
        speed = math.inf if text == "max" else float(text)
    except ValueError:
        speed = 0.0
    if not speed > 0:
        raise ConfigurationError(f"--speed {text}: give a number above 0 (1 is real time), or max")
    return speed


def _chunk_s(chunk_ms: float) -> float:
    if not 5 <= chunk_ms <= 1000:
        raise ConfigurationError(f"--chunk-ms {chunk_ms:g}: give 5 to 1000")
    return chunk_ms * 1e-3
