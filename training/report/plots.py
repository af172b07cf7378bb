"""The report's plots, each an SVG of matplotlib."""

import io
from typing import Final

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from engine.arrays import F64, Bools
from engine.scorer import THRESHOLD
from training.calibration import FALSE_ALARMS

N_BOOTSTRAP: Final = 1000
NORMAL: Final = "#2a7f62"
ABNORMAL: Final = "#b5442e"
_FALSE_ALARM_RATES: Final = np.linspace(0, 1, 201)


def draw_roc(scores: F64, abnormal: Bools, title: str) -> bytes:
    """ROC curve with its pointwise 95 % band over resampled records, and the shipped threshold on it."""
    figure, axes = _figure("false alarms: share of normal records", "share of abnormal records found")
    low, high = roc_band(scores[~abnormal], scores[abnormal], np.random.default_rng(0))
    axes.fill_between(_FALSE_ALARM_RATES, low, high, color="#9bb8d3", alpha=0.6, label="95 % band")
    rates = _found(scores[~abnormal], scores[abnormal])
    axes.plot(_FALSE_ALARM_RATES, rates, color="#1f4e79", label="ROC")
    above = scores > THRESHOLD
    axes.plot(
        above[~abnormal].mean(), above[abnormal].mean(), "o", color="#111", label="at the shipped threshold"
    )
    axes.plot((0, 1), (0, 1), ":", color="#999", linewidth=1)
    axes.set(xlim=(-0.01, 1), ylim=(0, 1.01), title=title)
    axes.legend(frameon=False, loc="lower right")
    return _svg(figure)


def roc_band(normal: F64, abnormal: F64, rng: np.random.Generator) -> tuple[F64, F64]:
    """Pointwise 2.5 % and 97.5 % quantiles of the ROC curve, both classes resampled apart."""
    curves = [
        _found(rng.choice(normal, len(normal)), rng.choice(abnormal, len(abnormal)))
        for _ in range(N_BOOTSTRAP)
    ]
    low, high = np.quantile(curves, (0.025, 0.975), axis=0)
    return low, high


def draw_histogram(scores: F64, abnormal: Bools) -> bytes:
    """Scores of both classes, as shares of each; the tails are counted into the outer bars."""
    figure, axes = _figure("score", "share of records")
    finite = np.isfinite(scores)
    low, high = np.quantile(scores[finite], (0.002, 0.99))
    bins = np.linspace(min(low, 0.0), max(high, 1.5 * THRESHOLD), 50).tolist()
    for rows, colour, name in ((~abnormal, NORMAL, "normal"), (abnormal, ABNORMAL, "abnormal")):
        chosen = np.clip(scores[rows & finite], bins[0], bins[-1])
        weights = np.full(len(chosen), 1 / max(1, len(chosen)))
        axes.hist(chosen, bins, weights=weights, color=colour, alpha=0.55, label=f"{name} (n {len(chosen)})")
    axes.axvline(THRESHOLD, color="#111", linestyle="--", linewidth=1.2, label="threshold")
    axes.set_title("Scores of both classes")
    axes.legend(frameon=False)
    return _svg(figure)


def draw_calibration(scores: F64, abnormal: Bools) -> bytes:
    """What each threshold would cost in false alarms and find of the abnormal; the budget is met or not."""
    figure, axes = _figure("threshold on the score", "share of records above it")
    low, high = np.quantile(scores[np.isfinite(scores)], (0.01, 0.99))
    thresholds = np.linspace(low, high, 300)
    for rows, colour, name in ((~abnormal, NORMAL, "normal"), (abnormal, ABNORMAL, "abnormal")):
        shares = (scores[rows][:, None] > thresholds).mean(axis=0)
        axes.plot(thresholds, shares, color=colour, label=name)
    n = int((~abnormal).sum())
    share = float((scores[~abnormal] > THRESHOLD).mean())
    low, high = share_interval(share, n)
    axes.errorbar(
        THRESHOLD,
        share,
        [[share - low], [high - share]],
        fmt="o",
        color=NORMAL,
        capsize=3,
    )
    axes.axhline(FALSE_ALARMS, color="#555", linewidth=1, linestyle=":", label=f"budget {FALSE_ALARMS:.0%}")
    axes.axvline(THRESHOLD, color="#111", linestyle="--", linewidth=1, label="threshold")
    axes.set(ylim=(0, 1.01), title=f"False alarms {share:.1%} ({low:.1%} to {high:.1%})")
    axes.legend(frameon=False, loc="upper right")
    return _svg(figure)


def share_interval(share: float, n: int) -> tuple[float, float]:
    """95 % interval of a share of `n` records (Wilson 1927)."""
    z = 1.96
    centre = (share + z**2 / (2 * n)) / (1 + z**2 / n)
    half = z / (1 + z**2 / n) * np.sqrt(share * (1 - share) / n + z**2 / (4 * n**2))
    return max(0.0, float(centre - half)), min(1.0, float(centre + half))


def _found(normal: F64, abnormal: F64) -> F64:
    """Share of abnormal records found at each rate of false alarms; ties count half."""
    thresholds = np.sort(normal)[::-1]
    ascending = np.sort(abnormal)
    not_above = sum(np.searchsorted(ascending, thresholds, side) for side in ("left", "right")) / 2
    found = np.append(1 - not_above / len(ascending), 1.0)
    curve: F64 = np.interp(_FALSE_ALARM_RATES, np.linspace(0, 1, len(found)), found)
    return curve


def _figure(x_label: str, y_label: str) -> tuple[Figure, Axes]:
    figure = Figure(figsize=(4.4, 3.7), layout="constrained")
    axes = figure.subplots()
    axes.set(xlabel=x_label, ylabel=y_label)
    axes.grid(alpha=0.3)
    axes.spines[["top", "right"]].set_visible(False)
    return figure, axes


def _svg(figure: Figure) -> bytes:
    content = io.BytesIO()
    with matplotlib.rc_context({"svg.hashsalt": "report"}):  # or two reports of one evaluation would differ
        figure.savefig(content, format="svg", metadata={"Date": None})
    return content.getvalue()
