"""Words, times and marks around a strip."""

import textwrap
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from engine.grid import FS_HZ
from monitor.export import words
from monitor.export.excerpt import Excerpt
from monitor.export.paper import GRID_MM, INK, MARK, POINT_MM, Page
from monitor.export.shading import meets, row_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes

REAL_TIME_NS: Final = 10_000_000_000
"""A strip whose times differ more from its alarm's was not received in real time."""


def draw_clock(axes: "Axes", shown: Excerpt, page: Page) -> None:
    """A tick and the time of day at every second, below the grid."""
    label = _labels(shown)
    for sample in range(page.start, page.end + 1, FS_HZ):
        x_mm = page.panels[-1].x_of(sample)
        axes.plot([x_mm] * 2, [GRID_MM[1] - 1.2, GRID_MM[1]], color=INK, linewidth=0.2 / POINT_MM)
        axes.text(x_mm, GRID_MM[1] - 3.4, label(sample), fontsize=5.5, ha="center")


def _labels(shown: Excerpt) -> Callable[[int], str]:
    """Time of day; seconds from the onset where the signal did not run in real time, or none is stored."""
    alarm, strip = shown.alarm, shown.strip
    early_ns = alarm.raised_ns - strip.time_ns(alarm.raised_sample)
    if strip.start_ns and abs(early_ns) < REAL_TIME_NS:
        return lambda sample: words.clock(strip.time_ns(sample))
    return lambda sample: f"onset {(sample - alarm.onset_sample) / FS_HZ:+.1f} s"


def draw_marks(axes: "Axes", shown: Excerpt, page: Page) -> None:
    """Where the alarm began and was raised; R peaks above the rhythm strip."""
    from matplotlib.collections import LineCollection

    rhythm = next(panel for panel in page.panels if panel.rhythm)
    top = GRID_MM[3]
    for sample, says, style in (
        (shown.alarm.onset_sample, "onset", (0, (4, 2))),
        (shown.alarm.raised_sample, "alarm raised", "solid"),
    ):
        if page.start <= sample < page.end:
            x_mm = rhythm.x_of(sample)
            axes.plot(
                [x_mm] * 2,
                [GRID_MM[1], top + 1],
                color=MARK,
                lw=0.25 / POINT_MM,
                ls=style,
                gid=f"mark-{says.split()[-1]}",
            )
            axes.text(x_mm, top + 1.6, says, fontsize=6.5, color=MARK, ha="center")
    bottom, height = row_of(rhythm)
    at_mm = [rhythm.x_of(peak) for peak in shown.r_peaks if page.start <= peak < page.end]
    ticks = [[(x_mm, bottom + height - 2), (x_mm, bottom + height)] for x_mm in at_mm]
    name = f"r-peaks-{page.start}"
    axes.add_collection(LineCollection(ticks, colors=INK, linewidths=0.35 / POINT_MM, gid=name, zorder=5))


def draw_words(axes: "Axes", shown: Excerpt, page: Page, number: str) -> None:
    """Write the header, what is missing, and the scale."""
    left, right = GRID_MM[0], GRID_MM[2]
    axes.text(left, 202, _fitted(words.headline(shown), 100), fontsize=13, weight="bold")
    axes.text(right, 202, number, fontsize=8, ha="right")
    lines = [words.patient_line(shown), words.time_line(shown), words.measured_line(shown)]
    for row, line in enumerate(lines):
        axes.text(left, 196.5 - 4.8 * row, _fitted(line, 190), fontsize=8.5)
    warnings = [said for said in (*shown.holes, words.lead_words(shown), *_hidden(shown, page)) if said]
    if warnings:
        axes.text(
            left,
            181.6,
            _wrapped("   ".join(warnings)),
            fontsize=8.5,
            weight="bold",
            va="top",
            gid=f"warnings-{page.start}",
        )
    axes.text(left, 7.4, words.scale_line(shown), fontsize=6.8)
    legend = "| R peak found   yellow, underlined: marked by the model at the alarm   hatched: no signal"
    axes.text(left, 4.6, legend, fontsize=6.8)
    axes.text(left, 1.8, words.foot_line(), fontsize=6.8, weight="bold")


def _hidden(shown: Excerpt, page: Page) -> list[str]:
    """Spans of this page's ten seconds in leads that this layout does not show just then."""
    leads = [
        span["lead"]
        for span in shown.spans
        if span["onset"] < page.end
        and span["offset"] > page.start
        and not any(meets(span, panel) for panel in page.panels)
    ]
    if not leads:
        return []
    return [f"also marked on this page, at times not shown: {', '.join(dict.fromkeys(leads))} (see 12x1)"]


def _wrapped(text: str) -> str:
    """Two lines at most; the rest is in the other formats."""
    lines = textwrap.wrap(text, 150)
    return "\n".join([*lines[:1], _fitted(" ".join(lines[1:]), 150)]).strip()


def _fitted(text: str, n: int) -> str:
    return text if len(text) <= n else text[: n - 1] + "…"
