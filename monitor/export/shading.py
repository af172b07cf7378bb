"""What is shaded or hatched on a strip: spans that the model marked, and places without a signal."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from engine.arrays import F32
from engine.grid import FS_HZ
from engine.leads import LEADS
from monitor.export.excerpt import Excerpt
from monitor.export.paper import GRID_MM, MM_PER_S, Panel
from monitor.recording.strip import stretches_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes

SPAN, SPAN_EDGE, HOLE = "#ffd45c", "#7a5c00", "#666666"
MIN_WORDS_MM: Final = 19.0
"""A hatched place narrower than this has no room for words."""
UNKNOWN_SPAN_MV: Final = 1.5
TINY: Final = 1e-30


def row_of(panel: Panel) -> tuple[float, float]:
    """Lower edge and height of a panel's own row, for shading."""
    half = panel.shade_mm
    bottom = max(GRID_MM[1], panel.y_mm - half)
    return bottom, min(GRID_MM[3], panel.y_mm + half) - bottom


def draw_spans(axes: "Axes", shown: Excerpt, panel: Panel) -> None:
    """Shade what the model marked, with a dark line below for paper without colour."""
    from matplotlib.patches import Rectangle

    bottom, height = row_of(panel)
    for span in shown.spans:
        start, end = max(span["onset"], panel.start), min(span["offset"], panel.end)
        if span["lead"] != LEADS[panel.lead] or start >= end:
            continue
        x_mm, width = panel.x_of(start), (end - start) / FS_HZ * MM_PER_S
        name = f"span-{panel.name}-{start}"
        axes.add_patch(
            Rectangle((x_mm, bottom), width, height, facecolor=SPAN, alpha=0.45, lw=0, gid=name, zorder=1)
        )
        axes.add_patch(Rectangle((x_mm, bottom), width, 0.7, facecolor=SPAN_EDGE, lw=0, zorder=1))


def meets(span: Mapping[str, Any], panel: Panel) -> bool:
    """Whether a panel shows some of a span."""
    return bool(
        LEADS[panel.lead] == span["lead"] and span["onset"] < panel.end and span["offset"] > panel.start
    )


def draw_holes(axes: "Axes", shown: Excerpt, panel: Panel) -> None:
    """Hatch what is not there and say why, so that no flat or empty paper looks like a signal."""
    from matplotlib.patches import Rectangle

    strip, (bottom, height) = shown.strip, row_of(panel)
    first = panel.start - strip.start_sample
    invalid = ~np.isfinite(samples_of(shown, panel))
    for start, end in stretches_of(invalid):
        x_mm, width = panel.x_of(panel.start + start), (end - start) / FS_HZ * MM_PER_S
        axes.add_patch(
            Rectangle(
                (x_mm, bottom),
                width,
                height,
                facecolor="#eeeeee",
                edgecolor=HOLE,
                hatch="////",
                lw=0.3,
                gid=f"hole-{panel.name}-{start}",
                zorder=2,
            )
        )
        if width >= MIN_WORDS_MM:
            box = {"facecolor": "white", "edgecolor": "none", "pad": 1.0}
            middle = (x_mm + width / 2, panel.y_mm)
            why = _why(shown, panel.lead, first + start, first + end)
            axes.text(*middle, why, fontsize=7, weight="bold", ha="center", va="center", bbox=box, zorder=5)


def _why(shown: Excerpt, lead: int, start: int, end: int) -> str:
    strip = shown.strip
    if not strip.stored[start:end].any():
        return "NOT STORED"
    if not strip.present[lead]:
        return "NOT DELIVERED"
    return "LEAD OFF" if strip.lead_off[lead, start:end].any() else "NO SIGNAL"


def samples_of(shown: Excerpt, panel: Panel) -> F32:
    """(n,) mV of a panel; where the amplitude is unknown, every lead spans `UNKNOWN_SPAN_MV` in the strip."""
    at, x = shown.strip.start_sample, shown.strip.x[panel.lead]
    cut: F32 = x[panel.start - at : panel.end - at]
    if shown.strip.calibrated or not np.isfinite(x).any():
        return cut
    return cut * np.float32(UNKNOWN_SPAN_MV / max(float(np.nanmax(x) - np.nanmin(x)), TINY))
