"""Fills the boards around the waves from one moment of the view."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import tzinfo
from typing import Final

from rich.text import Text

from monitor.alarms.alarm import Alarm
from monitor.tui import numerics
from monitor.tui.alarmlist import alarm_list
from monitor.tui.banner import banner, headlines
from monitor.tui.bedview import BedView
from monitor.tui.facts import facts
from monitor.tui.header import header
from monitor.tui.helppage import KEYS
from monitor.tui.overview import overview
from monitor.tui.palette import Ink
from monitor.tui.picture import Picture
from monitor.tui.qualityboard import lead_quality
from monitor.tui.trend import COLUMN_S, trend_lines
from monitor.update import CoreStatus

MIN_WIDTH: Final = 60
MIN_ROWS: Final = 16
TINY_ROWS: Final = 7
"""A screen with no more rows than this for rate and state does not name the rhythm."""


@dataclass(frozen=True, slots=True, eq=False)
class Moment:
    """All that the boards show, at one time."""

    bed: BedView | None
    beds: Sequence[tuple[BedView, Picture]]
    picture: Picture
    core: CoreStatus | None
    n_heard: int
    """Values heard from the core so far: turns the life sign."""
    now_ns: int
    zone: tzinfo | None
    selected: int | None
    paused_s: float
    """Seconds left of this bed's audio pause; 0 when its alarms sound."""
    scale: str
    said: str
    """The answer to the operator's last key."""

    @property
    def alarms(self) -> tuple[Alarm, ...]:
        """Alarms of the shown bed."""
        return self.bed.alarms if self.bed else ()

    @property
    def others(self) -> list[Alarm]:
        """Alarms of the other beds."""
        return [alarm for bed, _ in self.beds if bed is not self.bed for alarm in bed.alarms]


Fill = Callable[[Moment, int, int], Text]


def _header(m: Moment, width: int, _rows: int) -> Text:
    shown = m.bed.bed if m.bed else None
    beds = [bed for bed, _ in m.beds]
    return header(beds, shown, m.picture, m.n_heard, m.paused_s, m.now_ns, m.zone, width)


def _banner(m: Moment, width: int, rows: int) -> Text:
    lines = headlines(m.picture, m.alarms, m.others)
    calm = "no alarms" if m.picture.live else m.picture.title.lower()
    return banner(lines, calm, width, rows, m.now_ns)


def _rate(m: Moment, width: int, rows: int) -> Text:
    rate = numerics.heart_rate(m.bed, m.picture, large=rows >= 7 and width >= 28)
    return Text.assemble(rate, "\n", numerics.rhythm_line(m.bed, m.picture, width))


def _state(m: Moment, width: int, _rows: int) -> Text:
    return numerics.state_word(m.bed, m.picture, width)


def _strip_state(m: Moment, width: int, _rows: int) -> Text:
    word = numerics.state_word(m.bed, m.picture, width - 1)
    rhythm = numerics.rhythm_line(m.bed, m.picture, width - 2)
    return Text.assemble(rhythm, "\n", word, "\n", numerics.intervals_line(m.bed, m.picture))


def _trend(m: Moment, width: int, rows: int) -> Text:
    title = f"anomaly, {width * COLUMN_S / 60:.0f} min (╌ limit)\n"
    points = m.bed.trend if m.bed else ()
    return Text.assemble((title, Ink.DIM), trend_lines(points, m.now_ns, width, max(2, rows - 2)))


def _quality(m: Moment, _width: int, _rows: int) -> Text:
    return Text.assemble(("signal quality\n", Ink.DIM), lead_quality(m.bed, m.picture))


def _alarms(m: Moment, width: int, rows: int) -> Text:
    if m.bed is None:
        return Text()
    now_ns = m.bed.core_now(m.now_ns)
    if m.picture.live:
        return alarm_list(m.alarms, now_ns, width, rows, m.selected)
    title = "alarms as last heard" if m.alarms else "alarms unknown"
    known = alarm_list(m.alarms, now_ns, width, rows - 1, m.selected) if m.alarms else Text()
    return Text.assemble((title, Ink.NOT_ASSESSED), "\n", known)


def _keys(m: Moment, width: int, _rows: int) -> Text:
    if m.said:
        return Text(f" {m.said}"[:width].ljust(width), Ink.NOTICE)
    scale = m.scale if width >= MIN_WIDTH else ""
    keys, used = [], len(scale) + 2
    for key, word in sorted(KEYS, key=_key_rank):
        used += len(key) + len(word) + 3
        keys += [(key, word)] if used <= width else []
    text = Text(" ")
    for key, word in sorted(keys, key=KEYS.index):
        text.append(key, Ink.STRONG).append(f" {word}  ", Ink.DIM)
    text.append(" " * max(0, width - text.cell_len - len(scale) - 1))
    return text.append(scale, Ink.TITLE)


def _key_rank(key: tuple[str, str]) -> int:
    """Keys that stay longest when the line is short come first."""
    return "?apqflbgs".index(key[0][0])


def _tiny(m: Moment, width: int, rows: int) -> Text:
    """Too small for waves: the rate, the state and what would be needed."""
    word = numerics.state_word(m.bed, m.picture, width)
    rhythm = (numerics.rhythm_line(m.bed, m.picture, width), "\n") if rows > TINY_ROWS else ()
    needed = f"needs {MIN_WIDTH}x{MIN_ROWS} for waves"
    return Text.assemble(
        numerics.heart_rate(m.bed, m.picture, large=False),
        "\n",
        *rhythm,
        word,
        "\n",
        (needed.center(width), Ink.PLAIN),
    )


def _overview(m: Moment, width: int, rows: int) -> Text:
    return overview(m.beds, width, rows, m.now_ns)


FILLS: Final[dict[str, Fill]] = {
    "header": _header,
    "banner": _banner,
    "rate": _rate,
    "numbers": lambda m, _w, _r: numerics.intervals(m.bed, m.picture),
    "state": _state,
    "trend": _trend,
    "quality": _quality,
    "alarms": _alarms,
    "facts": lambda m, _w, _r: facts(m.bed, m.core, m.picture),
    "strip-rate": lambda m, _w, _r: numerics.heart_rate(m.bed, m.picture, large=False),
    "strip-state": _strip_state,
    "strip-alarms": _alarms,
    "overview": _overview,
    "tiny": _tiny,
    "notices": lambda m, w, _r: Text(
        " " + "  │  ".join(m.core.banners if m.core else ())[: w - 1], Ink.NOTICE
    ),
    "keys": _keys,
}
"""Board -> what it shows in so many columns and rows."""
