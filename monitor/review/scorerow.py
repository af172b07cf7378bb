"""The row of scores under the traces: a number for every window, or why there is none."""

from collections.abc import Sequence
from itertools import groupby

from engine.grid import FS_HZ
from monitor.review.canvas import Canvas, Cell
from monitor.review.judgement import HOP_S, Score
from monitor.review.section import Section
from monitor.tui.layout import Panel
from monitor.tui.raster import HATCH, Scale


def write_scores(canvas: Canvas, section: Section, panel: Panel, scale: Scale, y: int) -> None:
    """Write each verdict where its seconds are; neighbours without one share their words."""
    canvas.write(y, panel.x, "score", Cell.DIM, panel.gutter)
    left = panel.x + panel.gutter
    if section.beats is None:
        canvas.write(y, left, "running the model …", Cell.DIM, panel.trace_width)
        return
    for reason, group in groupby(section.scores, key=lambda score: score.reason):
        scores = list(group)
        if reason is None:
            for score in scores:
                a, b = _cells([score], section, scale, panel.trace_width)
                _write_score(canvas, y, left + a, b - a, score)
        else:
            a, b = _cells(scores, section, scale, panel.trace_width)
            words = f" NOT ASSESSED: {reason} "
            canvas.write(y, left + a, chr(HATCH) * (b - a), Cell.NO_SIGNAL)
            if b - a >= len(words):
                canvas.write(y, left + (a + b - len(words)) // 2, words, Cell.WORDS)


def _cells(scores: Sequence[Score], section: Section, scale: Scale, width: int) -> tuple[int, int]:
    """First cell of some windows' seconds, and one past the last; inside of the panel."""
    start, spc = section.stretch.start, scale.samples_per_cell
    a = (scores[0].end_sample - HOP_S * FS_HZ - start) // spc
    b = (scores[-1].end_sample - start) // spc
    return max(0, min(a, width)), max(0, min(b, width))


def _write_score(canvas: Canvas, y: int, x: int, room: int, score: Score) -> None:
    if room < 1 or score.score is None:
        return
    above = score.score > score.threshold
    number = f"{score.score:.2f}" if score.score < 100 else f"{score.score:.0f}"
    words = f"▲{number}" if above else f"╷{number}"
    words = words if len(words) < room else words[:1]
    canvas.write(y, x, words, Cell.ANOMALOUS if above else Cell.PLAIN)
