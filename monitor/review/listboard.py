"""The list of alarms, a line each, newest first."""

from collections.abc import Sequence
from datetime import datetime, tzinfo
from typing import Final

from rich.text import Text

from monitor.alarms.alarm import Phase, Priority
from monitor.review.line import AlarmLine
from monitor.review.note import Key
from monitor.tui.palette import ALARM_ON, STARS, Ink

WORDS: Final = {Priority.HIGH: "HIGH", Priority.MEDIUM: "MED", Priority.LOW: "LOW"}
PHASES: Final = {
    Phase.ACTIVE: "ACTIVE",
    Phase.ACKNOWLEDGED: "ACTIVE",
    Phase.LATCHED: "LATCHED",
    Phase.ENDED: "ended",
}
NOBODY: Final = "not ack'd"
ACK_WIDTH: Final = 14
MIN_ACK_WIDTH: Final = 64
MIN_BED_WIDTH: Final = 7


def alarm_list(
    lines: Sequence[AlarmLine], selected: Key | None, width: int, rows: int, zone: tzinfo | None = None
) -> Text:
    """As many alarms as fit, the selected one among them; a first row names the columns."""
    if not lines:
        return Text("no alarm passes these filters (esc: all)", Ink.DIM)
    columns = _Columns(lines, width, zone)
    n = max(1, rows - 1)
    at = next((i for i, line in enumerate(lines) if line.key == selected), 0)
    first = max(0, min(at - n // 2, len(lines) - n))
    shown = [columns.line(line, line.key == selected) for line in lines[first : first + n]]
    return Text("\n", no_wrap=True).join([columns.head(), *shown])


class _Columns:
    """How wide each column is for these alarms."""

    def __init__(self, lines: Sequence[AlarmLine], width: int, zone: tzinfo | None) -> None:
        days = {self._local(line, zone).date() for line in lines}
        self._zone = zone
        self._clock = "%H:%M:%S" if len(days) == 1 else "%m-%d %H:%M:%S"
        self._clock_n = 8 if len(days) == 1 else 14
        self._bed_n = min(12, max(MIN_BED_WIDTH, *(len(line.bed) for line in lines)))
        self._ack_n = ACK_WIDTH if width >= MIN_ACK_WIDTH else 0
        used = 1 + 3 + 1 + 4 + 1 + self._clock_n + 1 + self._bed_n + 1 + 1 + 7 + 1 + self._ack_n + 2
        self._text_n = max(8, width - used)

    def head(self) -> Text:
        """Name the columns."""
        ack = f"{'acknowledged':<{self._ack_n}}" if self._ack_n else ""
        words = (
            f" {'priority':<8} {'raised':<{self._clock_n}} {'bed':<{self._bed_n}} "
            f"{'alarm':<{self._text_n}} {'phase':<7} {ack}"
        )
        return Text(words, Ink.DIM)

    def line(self, line: AlarmLine, selected: bool) -> Text:
        """One alarm: priority, time, bed, text, phase, who acknowledged it, and whether it has notes."""
        ink = Ink.STRONG if selected else Ink.PLAIN
        when = f"{self._local(line, self._zone):{self._clock}}"
        ack = _fit(line.acknowledged_by or NOBODY, self._ack_n)
        return Text.assemble(
            ("▶" if selected else " ", Ink.STRONG),
            (f"{STARS[line.priority]:<3}", ALARM_ON[line.priority]),
            (f" {WORDS[line.priority]:<4} {when} {_fit(line.bed, self._bed_n)} ", ink),
            (f"{_fit(line.text, self._text_n)} ", f"{ink} reverse" if selected else ink),
            (f"{PHASES[line.phase]:<7} {ack}", ink),
            (f"✎{len(line.notes)}" if line.notes else "  ", Ink.NOTICE if line.notes else ink),
        )

    def _local(self, line: AlarmLine, zone: tzinfo | None) -> datetime:
        return datetime.fromtimestamp(line.raised_ns / 1e9, zone)


def _fit(words: str, n: int) -> str:
    if n <= 0:
        return ""
    return f"{words:<{n}}" if len(words) <= n else f"{words[: n - 1]}…"
