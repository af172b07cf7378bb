"""All beds at a glance: a tile each, with heart rate, state and the most urgent alarm."""

from collections.abc import Sequence
from typing import Final

from rich.text import Text

from monitor.tui import bigtext
from monitor.tui.assessment import assess
from monitor.tui.banner import headlines, screen_priority
from monitor.tui.bedview import BedView
from monitor.tui.numerics import rate_digits, rate_style, rhythm_line
from monitor.tui.palette import STARS, Ink, alarm_style
from monitor.tui.picture import Picture

TILE_WIDTH: Final = 38
TILE_ROWS: Final = 6
GAP: Final = 2


def overview(beds: Sequence[tuple[BedView, Picture]], width: int, rows: int, now_ns: int) -> Text:
    """Tiles in rows; when not all fit, the most urgent ones, and how many are left out."""
    across = max(1, width // TILE_WIDTH)
    room = across * max(1, (rows - 1) // TILE_ROWS)
    shown = list(beds)
    if len(shown) > room:
        shown = sorted(shown, key=_urgency, reverse=True)[:room]
    text = Text()
    for start in range(0, len(shown), across):
        tiles = [_tile(bed, picture, now_ns) for bed, picture in shown[start : start + across]]
        for row in range(TILE_ROWS):
            for tile in tiles:
                text.append_text(tile[row])
            text.append("\n")
    if len(shown) < len(beds):
        text.append(f" {len(beds) - len(shown)} calmer beds do not fit", Ink.STRONG)
    return text


def _urgency(entry: tuple[BedView, Picture]) -> int:
    bed, picture = entry
    return max(int(bed.loudest or 0), int(screen_priority(picture) or 0))


def _tile(bed: BedView, picture: Picture, now_ns: int) -> list[Text]:
    found = assess(bed, picture)
    state = TILE_WIDTH - GAP - 17
    beside = [
        ("", ""),
        (found.word.center(state), found.style),
        (found.detail[:state].center(state), Ink.DIM),
    ]
    rate = bigtext.small(rate_digits(bed, picture))
    name = Text.assemble((bed.bed, Ink.STRONG), "  ")
    lines = [name + rhythm_line(bed, picture, TILE_WIDTH - GAP - name.cell_len)]
    lines += [
        Text.assemble((f" {digits:<16}", rate_style(bed, picture)), words)
        for digits, words in zip(rate, beside, strict=True)
    ]
    lines += [Text.assemble(_alarm_line(bed, picture, TILE_WIDTH - GAP, now_ns)), Text()]
    for line in lines:
        line.append(" " * max(0, TILE_WIDTH - line.cell_len))
    return lines


def _alarm_line(bed: BedView, picture: Picture, width: int, now_ns: int) -> tuple[str, str]:
    lines = headlines(picture, bed.alarms, ())
    if not lines:
        return "no alarms".ljust(width), Ink.DIM
    first = lines[0]
    style = alarm_style(first.priority, now_ns, flashing=first.flashing)
    return f"{STARS[first.priority]} {first.words}"[:width].ljust(width), style
