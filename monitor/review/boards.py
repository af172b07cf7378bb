"""Fills the boards around the picture, and the picture itself."""

import textwrap
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from rich.text import Text

from monitor.review import details
from monitor.review.desk import Desk
from monitor.review.film import Frame, draw_film, page_n
from monitor.review.helppage import KEYS, RANKS
from monitor.review.listboard import alarm_list
from monitor.review.spot import Panel
from monitor.review.titles import title
from monitor.review.trendboard import TrendFrame, draw_trends
from monitor.review.variabilityboard import draw_variability
from monitor.tui.palette import ALARM_ON, STARS, Ink

MIN_WIDTH: Final = 60
MIN_ROWS: Final = 16
SHORT_ROWS: Final = 3


@dataclass(frozen=True, slots=True)
class Moment:
    """All that the boards show."""

    desk: Desk
    banners: Sequence[str]
    said: str


Fill = Callable[[Moment, int, int], Text]


def _header(m: Moment, width: int, _rows: int) -> Text:
    desk = m.desk
    n, total = len(desk.lines), len(desk.book.lines)
    count = f"{n} alarms" if n == total else f"{n} of {total} alarms"
    left = Text.assemble((" REVIEW ", Ink.NOT_ASSESSED), (f"  {desk.filter.words()}  ", Ink.PLAIN))
    left.append(count, Ink.STRONG)
    right = Text(f"journal {desk.book.directory.absolute().name} ", Ink.DIM)
    if left.cell_len + right.cell_len + 2 > width:
        right = Text("")
    left.truncate(width - right.cell_len, overflow="ellipsis")
    return left.append(" " * (width - left.cell_len - right.cell_len)) + right


def _banner(m: Moment, width: int, _rows: int) -> Text:
    return Text((" " + "  │  ".join(m.banners))[:width].ljust(width), Ink.NOTICE)


def _list(m: Moment, width: int, rows: int) -> Text:
    line = m.desk.selected
    return alarm_list(m.desk.lines, line.key if line else None, width, rows, m.desk.zone)


def _detail(m: Moment, width: int, rows: int) -> Text:
    line, section = m.desk.selected, m.desk.section
    if line is None:
        return Text("no alarm is selected: the newest recorded signal is shown", Ink.DIM)
    kind = f"{line.priority.name} priority, {line.kind} alarm {line.bed}/{line.id}"
    head = Text.assemble(
        (f" {STARS[line.priority]} {line.text} ", ALARM_ON[line.priority]), (f" {kind}", Ink.PLAIN)
    )
    notes = [f"note by {note.operator}: {note.text}" for note in reversed(line.notes)]
    known = section is not None and section.story is not None and section.story.raised.id == line.id
    lines = details.summary(section.story, section.strip) if known and section and section.story else ["…"]
    if rows <= SHORT_ROWS:
        short = _wrap(_in_short(lines), width - 1)
        lines, notes = ([short[0], notes[0]] if notes else short), []
    wrapped = [part for words in [*lines, *notes] for part in _wrap(words, width - 1)]
    return Text("\n", no_wrap=True).join(
        [head, *(Text(f" {words}", Ink.PLAIN) for words in wrapped[: rows - 1])]
    )


def _in_short(lines: Sequence[str]) -> str:
    """What matters most of the facts first, for two rows."""
    facts = [fact for line in lines for fact in line.split(" · ")]
    order = (
        "HR",
        "score",
        "NOT ASSESSED",
        "NOT ACK",
        "ack",
        "ended",
        "still",
        "condition",
        "limits",
        "at the",
    )
    ranked = sorted(facts, key=lambda f: next((i for i, sign in enumerate(order) if f.startswith(sign)), 99))
    return " · ".join(ranked)


def _wrap(words: str, width: int) -> list[str]:
    """Break at the dots between facts."""
    lines: list[str] = []
    for fact in words.split(" · "):
        if lines and len(lines[-1]) + 3 + len(fact) <= width:
            lines[-1] += f" · {fact}"
        else:
            lines.append(fact)
    return lines


def _picture(m: Moment, width: int, rows: int) -> Text:
    desk = m.desk
    if desk.looks.panel is Panel.TRENDS:
        return _trend_picture(m, width, rows)
    if desk.looks.panel is Panel.VARIABILITY:
        return draw_variability(desk.variability, width, rows)
    if desk.section is None:
        words = "reading the waveform …" if desk.spot else "no waveform is recorded with this journal"
        return Text(words, Ink.DIM)
    stretch, line = desk.section.stretch, desk.selected
    if stretch.end - stretch.start != page_n(width, desk.looks):
        return Text("reading the waveform …", Ink.DIM)
    frame = Frame(width, rows, desk.looks, line.key if line else None, desk.zone)
    return draw_film(desk.section, frame).text()


def _trend_picture(m: Moment, width: int, rows: int) -> Text:
    desk, page = m.desk, m.desk.trend_page
    if page is None or desk.spot is None or page.bed != desk.spot.bed or rows < 5:
        return Text("reading the recording …", Ink.DIM)
    limits = _limits_bpm(desk)
    frame = TrendFrame(
        width,
        rows,
        desk.looks,
        desk.spot.time_ns,
        [line for line in desk.book.lines if line.bed == page.bed],
        desk.book.covered.get(page.bed, ()),
        limits,
        desk.zone,
    )
    return draw_trends(page, frame).text()


def _limits_bpm(desk: Desk) -> tuple[float, float] | None:
    story = desk.section.story if desk.section else None
    limits = story.seen.get("limits") if story else None
    return (float(limits["low_bpm"]), float(limits["high_bpm"])) if limits else None


def _keys(m: Moment, width: int, _rows: int) -> Text:
    if m.said:
        lines = said_lines(m.said, width)
        return Text("\n".join(f" {line}".ljust(width) for line in lines), Ink.NOTICE)
    panels = tuple(Panel)
    following = panels[(panels.index(m.desk.looks.panel) + 1) % len(panels)].value
    words = {**dict(KEYS), "tab": following}
    used, kept = 1, set[str]()
    for key in RANKS:
        n = len(key) + len(words[key]) + 3
        if used + n <= width:
            used, kept = used + n, {*kept, key}
    text = Text(" ")
    for key, word in words.items():
        if key in kept:
            text.append(key, Ink.STRONG).append(f" {word}  ", Ink.DIM)
    return text.append(" " * max(0, width - text.cell_len))


def said_lines(words: str, width: int) -> list[str]:
    """An answer in as many lines as it needs; an error is never cut off."""
    return textwrap.wrap(words, max(20, width - 2)) or [""]


def _tiny(m: Moment, width: int, rows: int) -> Text:
    needed = Text(f"needs {MIN_WIDTH}x{MIN_ROWS} for waves", Ink.NOTICE)
    return Text("\n").join([_detail(m, width, max(2, rows - 1)), needed])


FILLS: Final[dict[str, Fill]] = {
    "header": _header,
    "banner": _banner,
    "list": _list,
    "detail": _detail,
    "title": lambda m, width, _rows: title(m.desk, width),
    "picture": _picture,
    "tiny": _tiny,
    "keys": _keys,
}
"""Board -> what it shows in so many columns and rows."""
