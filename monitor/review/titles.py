"""The line above the picture: where one looks, in what size, and what is wrong or under way."""

from datetime import datetime
from typing import Final

from rich.text import Text

from engine.grid import FS_HZ
from monitor.review.desk import Desk
from monitor.review.holes import NOT_DELIVERED, said
from monitor.review.spot import S_NS, Panel
from monitor.tui.palette import Ink

HOUR_S: Final = 3600
ROOMY: Final = 100
DATED, CLOCK = "%Y-%m-%d %H:%M:%S", "%H:%M:%S"


def title(desk: Desk, width: int) -> Text:
    """As much as fits of what the panel shows, most important first."""
    words = {
        Panel.WAVES: _waves_title,
        Panel.TRENDS: _trends_title,
        Panel.VARIABILITY: _variability_title,
    }[desk.looks.panel](desk, width)
    text = Text(no_wrap=True)
    used = 0
    for i, part in enumerate(words):
        if not part or used + len(part) + 2 > width:
            continue
        text.append(f" {part} ", Ink.STRONG if i == 0 else Ink.TITLE)
        used += len(part) + 2
    return text


def _waves_title(desk: Desk, width: int) -> list[str]:
    section, looks = desk.section, desk.looks
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
        holes = [said(hole, FS_HZ) for hole in section.holes if hole.words != NOT_DELIVERED]
        holes += list(section.strip.damage)
    ghost = "··· restored by the model" if looks.ghost else ""
    own = section is not None and any(score.own for score in section.scores)
    against = f"score against {'the patient' if own else 'all people'}"
    what = f"{desk.spot.bed}  {when}"
    scale = f"{looks.leads.value} · {looks.speed_mm_per_s:g} mm/s · {gain}"
    return [what, state, holes[0] if holes else "", scale, ghost, "◆ marked then ◇ now", against]


def _trends_title(desk: Desk, _width: int) -> list[str]:
    page, span = desk.trend_page, desk.looks.trend_s
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


def _variability_title(desk: Desk, _width: int) -> list[str]:
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
