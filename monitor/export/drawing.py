"""A strip drawn on ECG paper with matplotlib, in millimetres throughout."""

from typing import TYPE_CHECKING, Any

import numpy as np

from engine.grid import FS_HZ
from engine.leads import LEADS
from monitor.export.excerpt import Excerpt
from monitor.export.lettering import draw_clock, draw_marks, draw_words
from monitor.export.paper import (
    GRID_MM,
    HEIGHT_MM,
    INK,
    MARK,
    MM_PER_MV,
    MM_PER_S,
    POINT_MM,
    PULSE_MV,
    PULSE_S,
    TRACE_LEFT_MM,
    WIDTH_MM,
    Page,
    Panel,
)
from monitor.export.shading import draw_holes, draw_spans, samples_of
from monitor.recording.strip import stretches_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes

FINE, BOLD = "#f6cccc", "#e79a9a"


def draw_page(axes: "Axes", shown: Excerpt, page: Page, number: int, n_pages: int) -> None:
    """Draw one page onto axes that cover it; their unit is the millimetre."""
    axes.set_xlim(0, WIDTH_MM)
    axes.set_ylim(0, HEIGHT_MM)
    axes.set_axis_off()
    _grid(axes)
    for panel in page.panels:
        draw_spans(axes, shown, panel)
    for row, y_mm in enumerate(page.rows_mm if shown.strip.calibrated else ()):
        _pulse(axes, y_mm, f"pulse-{page.start}-{row}")
    for panel in page.panels:
        _trace(axes, shown, panel)
        draw_holes(axes, shown, panel)
    draw_clock(axes, shown, page)
    draw_marks(axes, shown, page)
    draw_words(axes, shown, page, f"page {number} of {n_pages}")


def _grid(axes: "Axes") -> None:
    from matplotlib.collections import LineCollection

    left, bottom, right, top = GRID_MM
    for step, colour, width_mm, name in ((1, FINE, 0.1, "grid-1mm"), (5, BOLD, 0.2, "grid-5mm")):
        xs, ys = np.arange(left, right + 0.5, step), np.arange(bottom, top + 0.5, step)
        lines = [[(x, bottom), (x, top)] for x in xs] + [[(left, y), (right, y)] for y in ys]
        axes.add_collection(
            LineCollection(lines, colors=colour, linewidths=width_mm / POINT_MM, gid=name, zorder=0)
        )


def _pulse(axes: "Axes", y_mm: float, name: str) -> None:
    left, width, height = GRID_MM[0] + 1, PULSE_S * MM_PER_S, PULSE_MV * MM_PER_MV
    xs = np.array([0, 2, 2, 2 + width, 2 + width, 4 + width]) + left
    ys = np.array([0, 0, height, height, 0, 0]) + y_mm - height / 2
    axes.plot(xs, ys, color=INK, linewidth=0.3 / POINT_MM, gid=name, solid_joinstyle="miter")


def _trace(axes: "Axes", shown: Excerpt, panel: Panel) -> None:
    x = samples_of(shown, panel)
    name = LEADS[panel.lead]
    _name(axes, panel, name)
    if panel.x_mm > TRACE_LEFT_MM:
        for away in (7.0, -7.0):  # another lead begins here
            ys = [panel.y_mm + away, panel.y_mm + 1.5 * away]
            axes.plot([panel.x_mm] * 2, ys, color=INK, linewidth=0.4 / POINT_MM)
    if not np.isfinite(x).any():
        return
    height_mm = (x - np.nanmedian(x)) * MM_PER_MV
    at_mm = panel.x_mm + np.arange(x.size) / FS_HZ * MM_PER_S
    (line,) = axes.plot(
        at_mm,
        panel.y_mm + height_mm,
        color=INK,
        linewidth=0.28 / POINT_MM,
        gid=f"trace-{panel.name}",
        solid_joinstyle="round",
        zorder=4,
    )
    line.set_clip_path(_area(axes, panel))
    off = np.abs(np.nan_to_num(height_mm)) > panel.room_mm
    for start, end in stretches_of(off)[:1]:
        side = np.sign(height_mm[start:end][0])
        axes.text(
            at_mm[start],
            panel.y_mm + side * (panel.room_mm - 2),
            "OFF PAPER",
            fontsize=6,
            color=MARK,
            zorder=6,
        )


def _name(axes: "Axes", panel: Panel, name: str) -> None:
    """Name a lead before its row, or above the trace where another lead stands before it."""
    box = {"facecolor": "white", "edgecolor": "none", "pad": 0.6, "alpha": 0.8}
    if panel.x_mm == TRACE_LEFT_MM:
        at, anchor = (panel.x_mm - 0.8, panel.y_mm), "right"
    else:
        at, anchor = (panel.x_mm + 0.8, panel.y_mm + 13.5), "left"
    axes.text(*at, name, fontsize=9, weight="bold", ha=anchor, va="center", bbox=box, zorder=6)


def _area(axes: "Axes", panel: Panel) -> Any:
    from matplotlib.patches import Rectangle

    bottom = max(GRID_MM[1], panel.y_mm - panel.room_mm)
    top = min(GRID_MM[3], panel.y_mm + panel.room_mm)
    return Rectangle(
        (panel.x_mm, bottom), panel.right_mm - panel.x_mm, top - bottom, transform=axes.transData
    )
