"""The variability panel: heartpy's measures of a stretch, and its intervals over time."""

from typing import Final

import numpy as np
from rich.text import Text

from engine.grid import FS_HZ
from monitor.review.canvas import Canvas, Cell
from monitor.review.plot import columns_of, plot
from monitor.review.variability import MIN_INTERVALS, Variability
from monitor.tui.braille import BLANK
from monitor.tui.palette import Ink

GUTTER: Final = 11
MIN_PLOT_ROWS: Final = 5
ROWS: Final = (
    (("bpm", "mean rate", "{:.0f}/min"), ("rmssd", "RMSSD", "{:.0f} ms"), ("lf", "LF", "{:.0f} ms²")),
    (("ibi", "mean NN", "{:.0f} ms"), ("sdsd", "SDSD", "{:.0f} ms"), ("hf", "HF", "{:.0f} ms²")),
    (("sdnn", "SDNN", "{:.0f} ms"), ("pnn50", "pNN50", "{:.0%}"), ("lf/hf", "LF/HF", "{:.2f}")),
    (("sd1", "SD1", "{:.0f} ms"), ("sd2", "SD2", "{:.0f} ms"), ("pnn20", "pNN20", "{:.0%}")),
)


def draw_variability(found: Variability | None, width: int, rows: int) -> Text:
    """Measures in three columns, what was left out, and the intervals below if there is room."""
    if found is None or found.share < 1.0:
        share = 0.0 if found is None else found.share
        return Text(f"finding beats: {share:.0%} of the stretch read …", Ink.DIM)
    lines = [*_counted(found)]
    if not found.measures:
        lines.append(Text(_too_few(found), Ink.NOT_ASSESSED))
    else:
        lines += [_row(found, row) for row in ROWS]
    text = Text("\n", no_wrap=True).join(lines)
    left = rows - len(lines)
    if left >= MIN_PLOT_ROWS and found.rr_ms.size:
        text = Text.assemble(text, "\n", _tachogram(found, width, left).text())
    return text


def _counted(found: Variability) -> tuple[Text, Text]:
    words = f"{found.rr_ms.size} normal-to-normal intervals of {found.n_beats} beats"
    left_out = []
    if found.n_ectopic:
        left_out.append(f"beats ectopic or paced: {found.n_ectopic}")
    if found.n_broken:
        left_out.append(f"intervals across missing signal: {found.n_broken}")
    return Text(words, Ink.PLAIN), Text(f"left out: {', '.join(left_out) or 'none'}", Ink.PLAIN)


def _too_few(found: Variability) -> str:
    if not found.n_beats:
        return " NOT MEASURED: no beat is found in this stretch "
    return f" NOT MEASURED: fewer than {MIN_INTERVALS} normal intervals follow each other "


def _row(found: Variability, row: tuple[tuple[str, str, str], ...]) -> Text:
    text = Text()
    for key, name, form in row:
        value = found.measures.get(key)
        text.append(f"{name:<10}", Ink.DIM)
        text.append(f"{'---' if value is None else form.format(value):<14}", Ink.STRONG)
    return text


def _tachogram(found: Variability, width: int, rows: int) -> Canvas:
    canvas = Canvas(width, rows)
    n = max(1, width - GUTTER)
    end = found.at_sample / FS_HZ
    bounds = found.start / FS_HZ, found.end / FS_HZ
    low, high = columns_of(found.rr_ms, end - found.rr_ms / 1000, end, 2 * n, bounds)
    bottom, top = float(np.nanmin(low)) - 20, float(np.nanmax(high)) + 20
    codes = plot(low, high, bottom, top, rows)
    canvas.codes[:, GUTTER:] = codes
    canvas.kinds[:, GUTTER:] = np.where(codes == BLANK, Cell.PLAIN, Cell.TRACE)
    canvas.write(0, 0, f"{top:>7.0f} ms", Cell.DIM)
    canvas.write(rows // 2, 0, "NN", Cell.GUTTER)
    canvas.write(rows - 1, 0, f"{bottom:>7.0f} ms", Cell.DIM)
    return canvas
