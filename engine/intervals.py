"""Intervals and levels of a window: what is read off its typical beat."""

from dataclasses import dataclass

import numpy as np

from engine.arrays import F32, frozen
from engine.leads import N_LEADS


@dataclass(frozen=True, slots=True, eq=False)
class Intervals:
    """Medians over the beats of the dominant conduction. NaN means "not measurable", never "zero"."""

    n_beats: int
    """Beats that took part."""
    pr_ms: float
    """P onset to QRS onset, ms."""
    qrs_ms: float
    """QRS onset to J point over all leads, ms."""
    qt_ms: float
    """QRS onset to T offset over all leads, ms."""
    qtc_fridericia_ms: float
    """QT / RR^(1/3), RR in s: the one that is shown, since it bends less at high and low rates."""
    qtc_bazett_ms: float
    """QT / RR^(1/2), ms."""
    st_mv: F32
    """(12,) float32, mV, level at J + 60 ms against the isoelectric PQ level."""
    t_mv: F32
    """(12,) float32, mV, T peak against the same level: its sign is the T wave's polarity."""

    @classmethod
    def unknown(cls) -> "Intervals":
        """Nothing measurable."""
        nothing = frozen(np.full(N_LEADS, np.nan, np.float32))
        nan = float("nan")
        return cls(0, nan, nan, nan, nan, nan, nothing, nothing)
