"""`--plain`: the monitor as lines of text, for any terminal and for logs; nothing is ever overwritten."""

import sys
from collections.abc import Callable
from datetime import datetime, tzinfo
from typing import Final

from rich.console import Console
from rich.text import Text

from monitor.alarms.alarm import AlarmEvent, Kind, Priority, Transition
from monitor.feed import FeedReader, FeedValue
from monitor.follow import CoreEnded, Feed, Silence, follow, to_the_end
from monitor.update import BedUpdate, CoreStatus

STARS: Final = {Priority.HIGH: "***", Priority.MEDIUM: "** ", Priority.LOW: "*  "}
STYLES: Final = {Priority.HIGH: "bold white on red", Priority.MEDIUM: "black on yellow", Priority.LOW: "cyan"}
ENDS: Final = (Transition.ACKNOWLEDGED, Transition.ENDED, Transition.LATCHED)
"""Transitions that calm an alarm: said without its colour."""


class PlainView:
    """Turns values into lines; says the core's condition only when it changes."""

    def __init__(self, data_endpoint: str = "", zone: tzinfo | None = None) -> None:
        self._data_endpoint = data_endpoint
        self._zone = zone
        self._condition: tuple[object, ...] = ()
        self._hop: dict[str, int] = {}
        self._baseline: dict[str, str] = {}

    def line_of(self, value: FeedValue | Silence | CoreEnded) -> Text | None:
        """The line for a value; None when it brings nothing new to read."""
        match value:
            case BedUpdate():
                return self._update(value)
            case AlarmEvent():
                return self._alarm(value)
            case CoreStatus():
                return self._status(value)
            case Silence():
                self._condition = ()
                return Text(
                    f"*** NO DATA FROM THE CORE for {value.seconds:.0f} s: alarms may be missing", "bold red"
                )
            case CoreEnded():
                return Text("*** THE CORE HAS ENDED: nobody is watching", STYLES[Priority.HIGH])
        return None

    def _update(self, update: BedUpdate) -> Text | None:
        if self._hop.get(update.bed) == update.end_sample:
            return None  # an alarm event between two hops: its own line says it
        first = update.bed not in self._hop
        self._hop[update.bed] = update.end_sample
        if update.source.state != "live":
            return self._line(
                update.time_ns, update.bed, (f"source {update.source.state}: no signal", "bold yellow")
            )
        rate = update.vitals.heart_rate_bpm
        standing = f"{n} alarm{'s' if n > 1 else ''}" if (n := len(update.alarms)) else ""
        if first and standing:  # raised before anyone looked
            standing += f": {', '.join(alarm.text for alarm in update.alarms)}"
        return self._line(
            update.time_ns,
            update.bed,
            (f"HR {'---' if rate is None else format(rate, '3.0f')}  ", "bold"),
            (f"{update.rhythm}  " if update.rhythm else "", "bold"),
            f"PVC {update.pvc_per_min}/min  " if update.pvc_per_min else "",
            _assessment(update),
            self._news_of_baseline(update),
            f"  latency {update.latency_ms:.0f} ms  ",
            "" if update.source.calibrated else "amplitude unknown  ",
            (standing, "bold yellow"),
        )

    def _news_of_baseline(self, update: BedUpdate) -> str:
        """Say what windows are compared with when that has changed."""
        status = update.baseline
        if status is None or status.state == self._baseline.setdefault(update.bed, "learning"):
            return ""
        self._baseline[update.bed] = status.state
        return f"  {status.text}"

    def _alarm(self, event: AlarmEvent) -> Text:
        alarm = event.alarm
        by = f" by {alarm.acknowledged_by}" if event.transition is Transition.ACKNOWLEDGED else ""
        kind = "technical" if alarm.kind is Kind.TECHNICAL else "patient"
        words = f"{STARS[alarm.priority]} {alarm.text}  {event.transition.value}{by} ({kind})"
        style = "dim" if event.transition in ENDS else STYLES[alarm.priority]
        return self._line(event.time_ns, alarm.bed, (words, style))

    def _status(self, status: CoreStatus) -> Text | None:
        condition = (status.beds, status.backend, status.journal, status.banners)
        if condition == self._condition:
            return None
        self._condition = condition
        beds = (
            ", ".join(status.beds)
            or f"none yet: waiting for a device at {self._data_endpoint or 'the data endpoint'}"
        )
        words = f"model on {status.backend}, journal {status.journal}, beds: {beds}"
        return self._line(status.time_ns, "core", "  ".join([words, *status.banners]))

    def _line(self, time_ns: int, who: str, *parts: str | tuple[str, str]) -> Text:
        clock = f"{datetime.fromtimestamp(time_ns / 1e9, self._zone):%H:%M:%S} "
        return Text.assemble((clock, "dim"), f"{who:<10} ", *parts)


class _Console(Console):
    """Leaves a closed pipe to `to_the_end`; rich would end the process."""

    def on_broken_pipe(self) -> None:
        raise BrokenPipeError


def _assessment(update: BedUpdate) -> tuple[str, str]:
    if update.score is None or update.reason is not None:
        return (f"NOT ASSESSED ({update.reason or 'no score'})", "reverse")
    score = f"score {update.score:.2f} of {update.threshold:.2f}"
    if update.score > update.threshold:
        return (f"ANOMALOUS     {score}", "bold magenta")
    if update.population_score is not None and update.population_score > update.threshold:
        return (f"as usual      {score}, {update.population_score:.2f} against normal ECG", "yellow")
    return (f"shape normal  {score}", "green")


def print_lines(feed: Feed, core_alive: Callable[[], bool], console: Console, data_endpoint: str = "") -> int:
    """Print a line per hop and event; 1 when the core has ended by itself."""
    view = PlainView(data_endpoint)
    for value in follow(feed, core_alive):
        line = view.line_of(value)
        if line is not None:
            console.print(line, soft_wrap=True)
    return 1


def run(
    feed_endpoint: str,
    *,
    data_endpoint: str = "",
    core_alive: Callable[[], bool] = lambda: True,
    insecure: bool = False,
) -> int:
    """Print the feed behind this endpoint until Ctrl-C, a closed pipe or the core's end."""
    console = _Console(file=sys.stdout, highlight=False)
    with FeedReader(feed_endpoint, insecure=insecure) as feed:
        return to_the_end(lambda: print_lines(feed, core_alive, console, data_endpoint))
