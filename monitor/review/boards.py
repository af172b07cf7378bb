"""Fills the boards around the picture, and the picture itself."""

import textwrap
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from rich.text import Text

from engine.grid import FS_HZ
from monitor.review import details
from monitor.review.desk import Desk
from monitor.review.film import Frame, draw_film, page_n
from monitor.review.helppage import KEYS, RANKS
from monitor.review.holes import said
from monitor.review.listboard import alarm_list
from monitor.review.spot import S_NS, Panel
from monitor.review.trendboard import TrendFrame, draw_trends
from monitor.review.variabilityboard import draw_variability
from monitor.tui.palette import ALARM_ON, STARS, Ink

MIN_WIDTH: Final = 60
MIN_ROWS: Final = 16
SHORT_ROWS: Final = 3
HOUR_S: Final = 3600
ROOMY: Final = 100
DATED, CLOCK = "%Y-%m-%d %H:%M:%S", "%H:%M:%S"


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


def _title(m: Moment, width: int, _rows: int) -> Text:
    words = {
        Panel.WAVES: _waves_title,
        Panel.TRENDS: _trends_title,
        Panel.VARIABILITY: _variability_title,
    }[m.desk.looks.panel](m, width)
    text = Text(no_wrap=True)
    used = 0
    for i, part in enumerate(words):
        if not part or used + len(part) + 2 > width:
            continue
        text.append(f" {part} ", Ink.STRONG if i == 0 else Ink.TITLE)
        used += len(part) + 2
    return text


def _waves_title(m: Moment, width: int) -> list[str]:
    desk, section, looks = m.desk, m.desk.section, m.desk.looks
    if desk.spot is None:
        return ["nothing is recorded"]
    failed = desk.bench.failed("section")
    state = f"FAILED: {failed}" if failed else "reading …" if desk.bench.busy("section") else ""
    gain = f"{looks.gain_mm_per_mv:g} mm/mV"
    holes: list[str] = []
    when = ""
    if section is not None:
        if not section.strip.calibrated:
            gain = "amplitude unknown"
        stretch = section.stretch
        if section.strip.start_ns:
            at = section.strip.time_ns(stretch.start) / 1e9
            when = f"{datetime.fromtimestamp(at, desk.zone):{DATED if width >= ROOMY else CLOCK}}"
        holes = [said(hole, FS_HZ) for hole in section.holes if hole.words != "NOT DELIVERED"]
        holes += list(section.strip.damage)
    ghost = "··· restored by the model" if looks.ghost else ""
    own = section is not None and any(score.own for score in section.scores)
    against = f"score against {'the patient' if own else 'all people'}"
    what = f"{desk.spot.bed}  {when}"
    scale = f"{looks.leads.value} · {looks.speed_mm_per_s:g} mm/s · {gain}"
    return [what, state, holes[0] if holes else "", scale, ghost, "◆ marked then ◇ now", against]


def _trends_title(m: Moment, _width: int) -> list[str]:
    desk, page = m.desk, m.desk.trend_page
    span = desk.looks.trend_s
    name = f"{span // HOUR_S} h" if span >= HOUR_S else f"{span // 60} min"
    if desk.spot is None or page is None:
        return [f"trends, {name}", "reading …"]
    at = f"{datetime.fromtimestamp(desk.spot.time_ns / S_NS, desk.zone):%Y-%m-%d %H:%M:%S}"
    failed = desk.bench.failed("trends")
    state = f"FAILED: {failed}" if failed else ""
    if not failed and page.n_done < page.n_segments:
        state = f"analysing: {page.n_done} of {page.n_segments} min"
    if not page.n_segments:
        state = "NO WAVEFORM IS STORED of this time"
    return [f"{page.bed}  trends, {name}", f"▲ {at}", state, "score over its limit, as it was live"]


def _variability_title(m: Moment, _width: int) -> list[str]:
    desk = m.desk
    if desk.spot is None:
        return ["nothing is recorded"]
    half_ns = desk.looks.stretch_s * S_NS // 2
    a, b = (
        f"{datetime.fromtimestamp(t / S_NS, desk.zone):%H:%M:%S}"
        for t in (desk.spot.time_ns - half_ns, desk.spot.time_ns + half_ns)
    )
    failed = desk.bench.failed("variability")
    return [
        f"{desk.spot.bed}  variability, {desk.looks.stretch_s // 60} min",
        f"{a} to {b}",
        f"FAILED: {failed}" if failed else "",
        "measures by heartpy; left, right and s S choose the stretch",
    ]


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
    "title": _title,
    "picture": _picture,
    "tiny": _tiny,
    "keys": _keys,
}
"""Board -> what it shows in so many columns and rows."""
