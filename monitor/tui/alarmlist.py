"""The list of standing alarms: priority, age, phase, whose matter it is."""

import textwrap
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
    """Every alarm with all its words if there is room, else a line each, most urgent first.

    `selected` is an alarm's id.
    """
    if not alarms:
        return Text("no alarms", Ink.DIM)
    whole = [line for alarm in alarms for line in _whole(alarm, now_ns, width, alarm.id == selected)]
    if len(whole) <= rows:
        return Text("\n").join(whole)
    shown = alarms if len(alarms) <= rows else alarms[: max(1, rows - 1)]
    lines = [_short(alarm, now_ns, width, alarm.id == selected) for alarm in shown]
    if len(shown) < len(alarms):
        lines.append(Text.assemble((f"and {len(alarms) - len(shown)} more", Ink.STRONG)))
    return Text("\n").join(lines)


def _whole(alarm: Alarm, now_ns: int, width: int, selected: bool) -> list[Text]:
    room = _room(alarm, now_ns, width)
    first, *rest = textwrap.wrap(alarm.text, room) or [""]
    lines = [_line(alarm, first, now_ns, width, selected)]
    lines += [Text.assemble((f"     {words}", _ink(alarm))) for words in rest]
    return [*lines, Text.assemble((f"     {_phase(alarm)}"[:width], Ink.DIM))]


def _short(alarm: Alarm, now_ns: int, width: int, selected: bool) -> Text:
    room = _room(alarm, now_ns, width)
    words = alarm.text if len(alarm.text) <= room else alarm.text[: room - 1] + "…"
    if alarm.phase is not Phase.ACTIVE:
        words = f"{words[: room - 4]:<{room - 3}}" + ("ack" if alarm.phase is Phase.ACKNOWLEDGED else "end")
    return _line(alarm, words, now_ns, width, selected)


def _room(alarm: Alarm, now_ns: int, width: int) -> int:
    """Columns for words between the stars and the age."""
    return max(4, width - len(_age(alarm, now_ns)) - 6)


def _line(alarm: Alarm, words: str, now_ns: int, width: int, selected: bool) -> Text:
    return Text.assemble(
        (f"{'▶' if selected else ' '}{STARS[alarm.priority]:<3}", ALARM_ON[alarm.priority]),
        (f" {words:<{_room(alarm, now_ns, width)}} ", _ink(alarm)),
        (_age(alarm, now_ns), Ink.DIM),
    )


def _ink(alarm: Alarm) -> Ink:
    return Ink.STRONG if alarm.phase is Phase.ACTIVE else Ink.PLAIN


def _age(alarm: Alarm, now_ns: int) -> str:
    return age((now_ns - alarm.raised_ns) / 1e9)


def _phase(alarm: Alarm) -> str:
    whose = "equipment" if alarm.kind is Kind.TECHNICAL else "patient"
    match alarm.phase:
        case Phase.ACKNOWLEDGED:
            return f"{whose}, ack by {alarm.acknowledged_by or '?'}"
        case Phase.LATCHED:
            return f"{whose}, over: press a"
        case _:
            return f"{whose}, active"
