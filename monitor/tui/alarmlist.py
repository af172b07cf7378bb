"""The list of standing alarms: priority, age, phase, whose matter it is."""

from collections.abc import Sequence

from rich.text import Text

from monitor.alarms.alarm import Alarm, Kind, Phase
from monitor.tui.palette import ALARM_ON, STARS, Ink


def age(seconds: float) -> str:
    """A short age: `7s`, `4m10`, `2h05`."""
    s = max(0, int(seconds))
    if s < 60:
        return f"{s}s"
    return f"{s // 60}m{s % 60:02}" if s < 3600 else f"{s // 3600}h{s % 3600 // 60:02}"


def alarm_list(alarms: Sequence[Alarm], now_ns: int, width: int, rows: int, selected: int | None) -> Text:
    """As many alarms as fit, most urgent first; `selected` is an alarm's id."""
    if not alarms:
        return Text("no alarms", Ink.DIM)
    text = Text()
    detailed = rows >= 2 * len(alarms)
    room = max(1, rows // 2 if detailed else rows)
    shown = alarms if len(alarms) <= room else alarms[: max(1, room - 1)]
    for alarm in shown:
        text.append_text(_alarm(alarm, now_ns, width, alarm.id == selected, detailed))
    if len(shown) < len(alarms):
        text.append(f"and {len(alarms) - len(shown)} more", Ink.STRONG)
    text.rstrip()
    return text


def _alarm(alarm: Alarm, now_ns: int, width: int, selected: bool, detailed: bool) -> Text:
    flag = f"{'▶' if selected else ' '}{STARS[alarm.priority]:<3}"
    old = age((now_ns - alarm.raised_ns) / 1e9)
    room = max(4, width - len(flag) - len(old) - 2)
    words = alarm.text if len(alarm.text) <= room else alarm.text[: room - 1] + "…"
    if not detailed and alarm.phase is not Phase.ACTIVE:
        words = f"{words[: room - 4]:<{room - 3}}" + ("ack" if alarm.phase is Phase.ACKNOWLEDGED else "end")
    line = Text.assemble(
        (flag, ALARM_ON[alarm.priority]),
        (f" {words:<{room}} ", Ink.STRONG if alarm.phase is Phase.ACTIVE else Ink.PLAIN),
        (f"{old}\n", Ink.DIM),
    )
    if detailed:
        line.append(f"     {_phase(alarm)}"[:width] + "\n", Ink.DIM)
    return line


def _phase(alarm: Alarm) -> str:
    whose = "equipment" if alarm.kind is Kind.TECHNICAL else "patient"
    match alarm.phase:
        case Phase.ACKNOWLEDGED:
            return f"{whose}, ack by {alarm.acknowledged_by or '?'}"
        case Phase.LATCHED:
            return f"{whose}, over: acknowledge it"
        case _:
            return f"{whose}, active"
