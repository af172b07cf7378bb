"""A 12-lead ECG on its paper, as SVG in true millimetres, with the score map behind it."""

from html import escape
from itertools import pairwise
from typing import Final

import numpy as np

from engine.arrays import F32, Bools
from engine.grid import FS_HZ, WINDOW_S
from engine.leads import LEADS
from engine.preprocess import MAP_HZ
from engine.scoremap import ScoreMap
from engine.window import Window

MM_PER_S: Final = 25
MM_PER_MV: Final = 10
ROW_MM: Final = 14
LEFT_MM: Final = 20
"""For the lead's name and the calibration pulse."""
TOP_MM: Final = 11
"""From the edge to the middle of the first lead."""
SHADE_MM: Final = 12
"""Height of the shade behind a lead."""
LEVELS: Final = (0.7, 1.0, 2.0)
"""Shades of the score map begin here; 1 is its threshold."""
STYLE: Final = """
svg.paper { display: block; background: #fffafa; }
.paper .trace { fill: none; stroke: #111; stroke-width: 2.2; stroke-linejoin: round; }
.paper text { font: 30px sans-serif; fill: #111; }
.s1 { fill: #a9c8ef; } .s2 { fill: #5f97e0; } .s3 { fill: #2f5fb8; }
"""
DEFINITIONS: Final = """<svg width="0" height="0" style="position:absolute"><defs>
<pattern id="mm" width="10" height="10" patternUnits="userSpaceOnUse">
<path d="M10 0H0V10" fill="none" stroke="#f4cccc" stroke-width="1"/></pattern>
<pattern id="cm" width="50" height="50" patternUnits="userSpaceOnUse">
<rect width="50" height="50" fill="url(#mm)"/>
<path d="M50 0H0V50" fill="none" stroke="#e39a9a" stroke-width="2"/></pattern></defs></svg>"""
"""Once in a page that draws records."""

_UNIT: Final = 10
"""User units a millimetre: coordinates are whole numbers of 0.1 mm."""
_STEP: Final = 2
"""Every second sample of the 250 Hz grid is drawn; recordings at 100 Hz have no more."""
_SHADE_N: Final = MAP_HZ // MM_PER_S
"""Map samples to a millimetre: the shade changes no finer."""


def draw_record(window: Window, found: ScoreMap) -> str:
    """One record as recorded, each lead around its median; darker where the score map is higher."""
    width, height = LEFT_MM + MM_PER_S * WINDOW_S, 2 * TOP_MM + ROW_MM * (len(LEADS) - 1)
    rows = [_row(lead, window.x[lead], window.valid[lead], found.map[lead]) for lead in range(len(LEADS))]
    shades, traces = zip(*rows, strict=True)
    box = f"0 0 {width * _UNIT} {height * _UNIT}"
    return (
        f'<svg class="paper" width="{width}mm" height="{height}mm" viewBox="{box}" role="img" '
        f'aria-label="12-lead ECG of {WINDOW_S} seconds">'
        f'<rect width="100%" height="100%" fill="url(#cm)"/><g opacity=".75">{"".join(shades)}</g>'
        f"{''.join(traces)}</svg>"
    )


def _row(lead: int, x: F32, valid: Bools, score: F32) -> tuple[str, str]:
    middle = (TOP_MM + ROW_MM * lead) * _UNIT
    label = f'<text x="20" y="{middle - 35}">{escape(LEADS[lead])}</text>'
    pulse = f"M120 {middle}h10v-{MM_PER_MV * _UNIT}h50v{MM_PER_MV * _UNIT}h10"
    return _shade(score, middle), f'{label}<path class="trace" d="{pulse}{_trace(x, valid, middle)}"/>'


def _trace(x: F32, valid: Bools, middle: int) -> str:
    """Path of a lead; a gap lifts the pen."""
    if not valid.any():
        return ""
    x, valid = x[::_STEP], valid[::_STEP]
    y = np.rint(middle - (x - np.median(x[valid])) * MM_PER_MV * _UNIT).astype(int)
    at = np.rint(LEFT_MM * _UNIT + np.arange(len(x)) * _STEP / FS_HZ * MM_PER_S * _UNIT).astype(int)
    edges = np.flatnonzero(np.diff(np.pad(valid.astype(np.int8), 1))).reshape(-1, 2)
    return "".join(
        f"M{at[start]} {y[start]}l"
        + " ".join(f"{dx} {dy}" for dx, dy in zip(np.diff(at[start:end]), np.diff(y[start:end]), strict=True))
        for start, end in edges
        if end - start > 1
    )


def _shade(score: F32, middle: int) -> str:
    """Rectangles where the map reaches a level, one millimetre wide and more."""
    level = np.digitize(score.reshape(-1, _SHADE_N).max(axis=1), LEVELS)
    edges = np.flatnonzero(np.diff(level, prepend=-1, append=-1))
    return "".join(
        f'<rect class="s{level[start]}" x="{(LEFT_MM + start) * _UNIT}" width="{(end - start) * _UNIT}" '
        f'y="{middle - SHADE_MM * _UNIT // 2}" height="{SHADE_MM * _UNIT}"/>'
        for start, end in pairwise(edges)
        if level[start]
    )
