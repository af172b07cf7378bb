"""The alarm banner: the most urgent thing there is to say, in its colour, flashing as its priority asks."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from rich.text import Text

from monitor.alarms.alarm import Alarm, Phase, Priority
from monitor.tui.palette import STARS, Ink, alarm_style
from monitor.tui.picture import Picture, State

WIDE: Final = 60
"""Narrower banners save their room for the words."""
_OWN_PRIORITY: Final = {
    State.CORE_DEAD: Priority.HIGH,
    State.FEED_STALE: Priority.HIGH,
    State.SOURCE_LOST: Priority.HIGH,
    State.SIGNAL_STALE: Priority.HIGH,
}
"""How the screen itself announces that it does not show a live picture."""


@dataclass(frozen=True, slots=True)
class Headline:
    """One alarm as the banner says it."""

    priority: Priority
    words: str
    flashing: bool = True


def screen_priority(picture: Picture) -> Priority | None:
    """The priority of the screen's own alarm about its picture, if it has one."""
    return _OWN_PRIORITY.get(picture.state)


def headlines(picture: Picture, own: Sequence[Alarm], others: Sequence[Alarm]) -> list[Headline]:
    """What there is to say, most urgent first: the picture, this bed's alarms, then other beds'."""
    lines = [headline(alarm) for alarm in own]
    lines += [headline(alarm, f"{alarm.bed}: ") for alarm in others if alarm.phase is not Phase.ACKNOWLEDGED]
    lines.sort(key=lambda line: (not line.flashing, -line.priority))
    priority = screen_priority(picture)
    if priority is not None:
        lines.insert(0, Headline(priority, picture.title))
    return lines


def headline(alarm: Alarm, prefix: str = "") -> Headline:
    """Say an alarm in one line."""
    words = prefix + alarm.text
    if alarm.phase is Phase.LATCHED:
        words += " (over, not acknowledged)"
    if alarm.phase is Phase.ACKNOWLEDGED:
        words += " (acknowledged)"
    return Headline(alarm.priority, words, alarm.phase is not Phase.ACKNOWLEDGED)


def banner(lines: Sequence[Headline], calm: str, width: int, rows: int, now_ns: int) -> Text:
    """`rows` lines of `width`; with nothing to say, `calm` in quiet colours."""
    if not lines:
        return _block([calm], Ink.DIM, width, rows)
    first = lines[0]
    stars, wide = STARS[first.priority], width >= WIDE
    more = f"  +{len(lines) - 1}{' more' if wide else ''}" if len(lines) > 1 else ""
    after = f" {stars}{more}" if wide else more
    words = f"{stars} {_fitted(first.words, width - len(stars) - 1 - len(after))}{after}"
    return _block([words], alarm_style(first.priority, now_ns, flashing=first.flashing), width, rows)


def _fitted(words: str, width: int) -> str:
    return words if len(words) <= width else words[: max(0, width - 1)] + "…"


def _block(words: Sequence[str], style: str, width: int, rows: int) -> Text:
    above = (rows - len(words)) // 2
    lines = ["", *[""] * (above - 1), *words] if above else list(words)
    lines += [""] * (rows - len(lines))
    return Text("\n".join(line.center(width)[:width] for line in lines), style=style)
