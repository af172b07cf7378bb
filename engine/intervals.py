"""Intervals and levels of a window: what is read off its typical beat."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from engine.arrays import F32, F64, I64, Bools, frozen
from engine.beatclass import BeatClass, BeatClasses
from engine.delineation.delineation import Delineation, Mark
from engine.delineation.segment import SAMPLE_MS, middle
from engine.leads import N_LEADS
from engine.signals import Signals, condition
from engine.window import Window

ST_AFTER_J_MS: Final = 60.0
PQ_FROM_MS: Final = -24.0
PQ_TO_MS: Final = -8.0
"""The isoelectric level is the mean between these times before the QRS onset."""
LEVEL_N: Final = 3
"""Samples averaged for a level."""


@dataclass(frozen=True, slots=True, eq=False)
class Intervals:
    """Medians over the beats of the dominant conduction. NaN means "not measurable", never "zero"."""

    n_beats: int
    """Beats that took part."""
    pr_ms: float
    """P onset to QRS onset, ms, median of the leads."""
    qrs_ms: float
    """QRS onset to J point, ms, median of the leads."""
    qt_ms: float
    """QRS onset to T offset, ms, median of the leads."""
    qtc_fridericia_ms: float
    """QT / RR^(1/3), RR in s (Fridericia 1920): the one that is shown, since it bends less at high and low
    rates."""
    qtc_bazett_ms: float
    """QT / RR^(1/2) (Bazett 1920), ms."""
    st_mv: F32
    """(12,) float32, mV, level at J + 60 ms against the isoelectric PQ level; NaN in a window
    that is not calibrated."""
    t_mv: F32
    """(12,) float32, mV, T peak against the same level: its sign is the T wave's polarity."""

    @classmethod
    def unknown(cls) -> "Intervals":
        """Nothing measurable."""
        nothing = frozen(np.full(N_LEADS, np.nan, np.float32))
        nan = float("nan")
        return cls(0, nan, nan, nan, nan, nan, nothing, nothing)


def measure_intervals(
    signals: Signals, delineations: Sequence[Delineation], classes: Sequence[BeatClasses]
) -> list[Intervals]:
    """Measure the typical beat of each window.

    Parameters
    ----------
    signals : Signals
        The windows themselves, for levels.
    delineations : sequence of Delineation
        Of each window's beats.
    classes : sequence of BeatClasses
        Of the same beats: normal ones are measured; where there is none, paced ones; else unknown ones.

    Returns
    -------
    list of Intervals
        Ectopic beats never take part.

    Notes
    -----
    Every value is the median over beats, so that one disturbed beat moves nothing. ST and T levels are not
    freed from baseline wander other than by their reference next to the QRS complex.
    """
    return [_measured(signals, i, *of) for i, of in enumerate(zip(delineations, classes, strict=True))]


def intervals_of(window: Window, delineation: Delineation, classes: BeatClasses) -> Intervals:
    """Measure a single window; see `measure_intervals`."""
    return measure_intervals(condition([window]), [delineation], [classes])[0]


def _measured(signals: Signals, i: int, delineation: Delineation, classes: BeatClasses) -> Intervals:
    chosen = _dominant(classes)
    if not chosen.any():
        return Intervals.unknown()
    fused = middle(delineation.marks_ms, axis=1)
    onset_ms = fused[Mark.QRS_ONSET]
    rr_s = np.diff(delineation.r_peaks, prepend=np.nan)[chosen] * (SAMPLE_MS / 1000)
    qt_ms = _typical((fused[Mark.T_OFFSET] - onset_ms)[chosen])
    rr = _typical(rr_s)
    st_mv, t_mv = _levels_mv(signals, i, delineation, chosen)
    return Intervals(
        n_beats=int(chosen.sum()),
        pr_ms=_typical((onset_ms - fused[Mark.P_ONSET])[chosen]),
        qrs_ms=_typical((fused[Mark.QRS_OFFSET] - onset_ms)[chosen]),
        qt_ms=qt_ms,
        qtc_fridericia_ms=float(qt_ms / np.cbrt(rr)),
        qtc_bazett_ms=float(qt_ms / np.sqrt(rr)),
        st_mv=frozen(st_mv),
        t_mv=frozen(t_mv),
    )


def _dominant(classes: BeatClasses) -> Bools:
    for kind in (BeatClass.NORMAL, BeatClass.PACED, BeatClass.UNKNOWN):
        chosen: Bools = classes.klass == kind
        if chosen.any():
            return chosen
    return np.zeros(classes.klass.size, np.bool_)


def _typical(values: F64) -> float:
    return float(middle(values, axis=0)) if values.size else float("nan")


def _levels_mv(signals: Signals, i: int, delineation: Delineation, chosen: Bools) -> tuple[F32, F32]:
    """(12,) ST level and T peak; NaN where the amplitude is unknown."""
    if not signals.windows[i].calibrated:
        return np.full(N_LEADS, np.nan, np.float32), np.full(N_LEADS, np.nan, np.float32)
    marks_ms = delineation.marks_ms[:, :, chosen]
    r_peaks = delineation.r_peaks[chosen] - signals.start[i]
    x, valid = signals.x[i], signals.received[i]
    pq_ms = marks_ms[Mark.QRS_ONSET] + (PQ_FROM_MS + PQ_TO_MS) / 2
    reference = _level(x, valid, r_peaks, pq_ms, round((PQ_TO_MS - PQ_FROM_MS) / SAMPLE_MS) + 1)
    st = _level(x, valid, r_peaks, marks_ms[Mark.QRS_OFFSET] + ST_AFTER_J_MS, LEVEL_N)
    t = _level(x, valid, r_peaks, marks_ms[Mark.T_PEAK], LEVEL_N)
    return _over_beats(st - reference), _over_beats(t - reference)


def _over_beats(level: F64) -> F32:
    typical: F32 = middle(level, axis=1).astype(np.float32)
    return typical


def _level(x: F32, valid: Bools, r_peaks: I64, at_ms: F32, n: int) -> F64:
    """Mean of `n` samples around a time of each lead and beat; NaN where not known or not received."""
    known = np.isfinite(at_ms)
    centre = np.rint(np.where(known, at_ms, 0.0) / SAMPLE_MS).astype(np.int64) + r_peaks
    at = centre[..., None] + np.arange(-(n // 2), n // 2 + 1)
    known &= (at[..., 0] >= 0) & (at[..., -1] < x.shape[1])
    at = np.clip(at, 0, x.shape[1] - 1).reshape(len(x), -1)
    levels = np.take_along_axis(x, at, axis=1).reshape(*known.shape, -1).mean(axis=2)
    known &= np.take_along_axis(valid, at, axis=1).reshape(*known.shape, -1).all(axis=2)
    return np.where(known, levels, np.nan)
