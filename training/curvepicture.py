"""The loss curve as a picture. Needs matplotlib."""

import io
from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray


def draw_curves(curves: Mapping[str, NDArray[Any]]) -> bytes:
    """PNG: loss of every step and its mean over each epoch; below, the AUC that chooses the epoch."""
    figure = Figure(figsize=(8, 5.5), layout="constrained")
    loss, value = figure.subplots(2, 1, sharex=True, height_ratios=(3, 2))
    steps_per_epoch = np.bincount(curves["epoch"].astype(int))[1:].max(initial=1)
    at = curves["step"] / steps_per_epoch
    loss.plot(at, curves["loss"], color="#9bb8d3", linewidth=0.8, label="each step")
    ends = np.flatnonzero(np.isfinite(curves["validation_auc"]))
    means = [curves["loss"][curves["epoch"] == curves["epoch"][end]].mean() for end in ends]
    loss.plot(at[ends], means, "o-", color="#1f4e79", markersize=4, label="mean of the epoch")
    loss.set_ylabel("loss")
    loss.legend(frameon=False)
    aucs = curves["validation_auc"][ends]
    value.plot(at[ends], aucs, "o-", color="#1f4e79", markersize=4)
    if len(ends):
        best = int(np.nanargmax(aucs)) if np.isfinite(aucs).any() else 0
        value.plot(at[ends][best], aucs[best], "o", color="#c0392b", label=f"best: {aucs[best]:.4f}")
        value.legend(frameon=False, loc="lower right")
    value.set_ylabel("validation AUC")
    value.set_xlabel("epoch")
    value.xaxis.set_major_locator(MaxNLocator(integer=True))
    for axes in (loss, value):
        axes.grid(alpha=0.3)
        axes.spines[["top", "right"]].set_visible(False)
    content = io.BytesIO()
    figure.savefig(content, format="png", dpi=110)
    return content.getvalue()
