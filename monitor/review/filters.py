"""Which alarms are listed: by bed, time and kind."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final, Self

from monitor.alarms.alarm import Kind
from monitor.review.line import AlarmLine

HOUR_NS: Final = 3_600_000_000_000
TIMES: Final = (
    ("all time", None),
    ("last hour", 1),
    ("last 8 h", 8),
    ("last 24 h", 24),
    ("last 7 days", 168),
)
"""Name and hours before the newest entry of the journal."""
ALL: Final = ""
KINDS: Final = tuple(kind.value for kind in Kind)


@dataclass(frozen=True, slots=True)
class Filter:
    """What the operator wants to see; empty fields let everything pass."""

    bed: str = ALL
    kind: str = ALL
    """`patient`, `technical`, or the name of a condition."""
    time: int = 0
    """Index into `TIMES`."""

    def chosen(self, lines: Sequence[AlarmLine], newest_ns: int) -> tuple[AlarmLine, ...]:
        """Alarms that pass, in their order."""
        hours = TIMES[self.time][1]
        since_ns = 0 if hours is None else newest_ns - hours * HOUR_NS
        return tuple(line for line in lines if self._passes(line) and line.raised_ns >= since_ns)

    def _passes(self, line: AlarmLine) -> bool:
        return self.bed in (ALL, line.bed) and self.kind in (ALL, line.kind.value, line.name)

    def step_bed(self, beds: Sequence[str], step: int) -> Self:
        """The next bed, or all."""
        return replace(self, bed=_next((ALL, *beds), self.bed, step))

    def step_kind(self, lines: Sequence[AlarmLine], step: int) -> Self:
        """The next kind that this journal has, or all."""
        names = sorted({line.name for line in lines})
        return replace(self, kind=_next((ALL, *KINDS, *names), self.kind, step))

    def step_time(self, step: int) -> Self:
        """A shorter or longer time."""
        return replace(self, time=(self.time + step) % len(TIMES))

    def words(self) -> str:
        """Say what is listed."""
        kind = self.kind.replace("_", " ") or "all kinds"
        return f"{self.bed or 'all beds'} · {kind} · {TIMES[self.time][0]}"


def _next(choices: Sequence[str], now: str, step: int) -> str:
    at = choices.index(now) if now in choices else 0
    return choices[(at + step) % len(choices)]
