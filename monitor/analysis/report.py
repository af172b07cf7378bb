"""An analysis for people."""

from collections.abc import Sequence
from typing import Final

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from engine.grid import FS_HZ
from engine.leads import LEADS
from engine.span import Span
from monitor.alarms.alarm import Alarm, Priority
from monitor.analysis.analysis import Analysis

STYLES: Final = {Priority.HIGH: "bold red", Priority.MEDIUM: "yellow", Priority.LOW: "cyan"}
SPANS_NAMED: Final = 4


def print_report(name: str, analysis: Analysis, console: Console) -> None:
    """Print what was found in the record called `name`."""
    console.rule(Text(name), align="left")
    for part in (_summary(analysis), _alarms(analysis.alarms), _spans(analysis.spans)):
        console.print(part)
        console.print()


def _summary(analysis: Analysis) -> Table:
    record, coverage = analysis.record, analysis.coverage
    present = [lead for lead, there in zip(LEADS, analysis.present, strict=True) if there]
    rate = analysis.heart_rate_bpm
    table = Table.grid(padding=(0, 2))
    table.add_row("signal", f"{record.duration_s:.1f} s at {record.fs_hz:g} Hz")
    table.add_row("leads", " ".join(present))
    table.add_row("heart rate", "not measurable" if rate is None else f"{rate:.0f}/min (median)")
    table.add_row("beats", str(analysis.r_peaks.size))
    table.add_row("score", _score(analysis))
    why = ", ".join(f"{reason} {seconds:.0f} s" for reason, seconds in coverage.by_reason.items())
    table.add_row("assessed", f"{coverage.assessed_s:.0f} s")
    table.add_row("not assessed", f"{coverage.not_assessed_s:.0f} s{f' ({why})' if why else ''}")
    for note in record.notes:
        table.add_row("note", Text(note))
    return table


def _score(analysis: Analysis) -> str:
    scores = [(window.score, window.threshold) for window in analysis.windows if window.score is not None]
    if not scores:
        return f"none: {analysis.windows[0].reason}"
    above = sum(score > threshold for score, threshold in scores)
    return f"highest {max(scores)[0]:.2f}, above the threshold in {above} of {len(scores)} windows"


def _alarms(alarms: Sequence[Alarm]) -> Table | Text:
    if not alarms:
        return Text("no alarms")
    table = Table(title="alarms", title_justify="left", box=SIMPLE_HEAD, padding=0)
    table.add_column("alarm", overflow="fold")
    for column in ("prio", "onset", "raised", "ended"):
        table.add_column(column, no_wrap=True)
    table.add_column("text", overflow="fold", min_width=20)
    for alarm in alarms:
        ended = "-" if alarm.ended_sample is None else _time(alarm.ended_sample)
        words = [alarm.priority.name.lower(), _time(alarm.onset_sample), _time(alarm.raised_sample), ended]
        table.add_row(alarm.name, *words, Text(alarm.text), style=STYLES[alarm.priority])
    return table


def _spans(spans: Sequence[Span]) -> Table | Text:
    if not spans:
        return Text("no anomalous spans")
    columns = ("lead", "spans", "seconds", "strongest first")
    table = Table(*columns, title="anomalous spans", title_justify="left", box=SIMPLE_HEAD)
    for index, lead in enumerate(LEADS):
        found = sorted((span for span in spans if span.lead == index), key=lambda span: -span.strength)
        if found:
            total_s = sum(span.offset - span.onset for span in found) / FS_HZ
            named = ", ".join(f"{_time(s.onset)}-{_time(s.offset)}" for s in found[:SPANS_NAMED])
            more = f" +{len(found) - SPANS_NAMED}" if len(found) > SPANS_NAMED else ""
            table.add_row(lead, str(len(found)), f"{total_s:.1f}", named + more)
    return table


def _time(sample: int) -> str:
    minutes, seconds = divmod(sample / FS_HZ, 60)
    return f"{int(minutes)}:{seconds:04.1f}"
