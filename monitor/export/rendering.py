"""Pages to a file: SVG, PNG or PDF, true to the millimetre."""

import logging
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal

import numpy as np

from engine.arrays import Bools
from engine.errors import ConfigurationError
from engine.leads import LEADS
from monitor.export.drawing import draw_page
from monitor.export.excerpt import Excerpt
from monitor.export.paper import HEIGHT_MM, WIDTH_MM, Layout, Page, pages

if TYPE_CHECKING:
    from matplotlib.figure import Figure

DPI: Final = 254
"""Ten pixels per millimetre."""
_INCH_MM: Final = 25.4
_SETTINGS: Final[dict[Any, Any]] = {
    "font.family": "DejaVu Sans",
    "text.parse_math": False,
    "path.simplify": False,  # every sample is drawn where it is
    "svg.fonttype": "none",
    "svg.hashsalt": "ecg-monitor",
    "pdf.fonttype": 42,
    "hatch.linewidth": 0.3,
}

Form = Literal["pdf", "png", "svg"]


def render(shown: Excerpt, layout: Layout, form: Form, path: Path) -> int:
    """Draw a strip; returns the number of pages, which SVG and PNG put into one picture."""
    try:
        import matplotlib
    except ImportError as error:
        raise ConfigurationError(
            f"--format {form} is drawn with matplotlib, which is not installed: "
            "pip install 'ecg-monitor[export]'"
        ) from error
    logging.getLogger("matplotlib").setLevel(logging.ERROR)  # it would tell of its font cache
    sheets = pages(shown.strip.start_sample, shown.strip.end_sample, layout, _rhythm(shown))
    about = {"Title": shown.alarm.text}
    with matplotlib.rc_context(_SETTINGS), warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Glyph .* missing")  # a name in a script that the font lacks
        if form == "pdf":
            _pdf(shown, sheets, path, about)
        else:
            figure = _figure(shown, sheets, 1)
            extra: dict[str, Any] = {"Date": None} if form == "svg" else {}
            figure.savefig(path, format=form, dpi=DPI, metadata={**about, **extra})
    return len(sheets)


def _pdf(shown: Excerpt, sheets: tuple[Page, ...], path: Path, about: dict[str, str]) -> None:
    from matplotlib.backends.backend_pdf import PdfPages

    with PdfPages(path, metadata={**about, "CreationDate": None}) as document:
        for number, sheet in enumerate(sheets, start=1):
            document.savefig(_figure(shown, (sheet,), number, len(sheets)))


def _figure(shown: Excerpt, sheets: tuple[Page, ...], first: int, n_pages: int | None = None) -> "Figure":
    """Return pages below each other."""
    from matplotlib.figure import Figure

    n = len(sheets)
    figure = Figure(figsize=(WIDTH_MM / _INCH_MM, n * HEIGHT_MM / _INCH_MM), facecolor="white")
    for row, sheet in enumerate(sheets):
        axes = figure.add_axes((0.0, 1 - (row + 1) / n, 1.0, 1 / n))
        draw_page(axes, shown, sheet, first + row, n_pages or n)
    return figure


def _rhythm(shown: Excerpt) -> int:
    """Lead II, or the first one that shows anything."""
    has_signal: Bools = np.logical_or.reduce(shown.strip.valid, axis=1)
    if has_signal[LEADS.index("II")] or not has_signal.any():
        return LEADS.index("II")
    return int(has_signal.argmax())
