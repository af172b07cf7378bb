"""Intervals and levels of a window: what is read off its typical beat."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from engine.arrays import F32, F64, Bools, frozen
from engine.beatclass import I8, BeatClass, BeatClasses
from engine.delineation.beatrow import BeatRow
from engine.delineation.delineation import Delineation, Mark
from engine.delineation.segment import SAMPLE_MS, limited, middle
from engine.grid import FS_HZ, WINDOW_N
from engine.leads import N_LEADS
from engine.signals import Signals, condition
from engine.window import Window

ST_AFTER_J_MS: Final = 60.0
PQ_FROM_MS: Final = -24.0
PQ_TO_MS: Final = -8.0
"""The isoelectric level is the mean between these times before the QRS onset."""
BOUNDARIES: Final = Mark.P_ONSET, Mark.QRS_ONSET, Mark.QRS_OFFSET, Mark.T_OFFSET
"""Between which durations are measured."""
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
    row = BeatRow.counted([one.r_peaks.size for one in delineations])
    chosen = _dominant(row, np.concatenate([one.klass for one in classes]))
    marks_ms = np.concatenate([one.marks_ms.T for one in delineations])[chosen].transpose(2, 0, 1)
    r_peaks = np.concatenate([one.r_peaks for one in delineations])
    rr_s = np.where(row.rank > 0, np.diff(r_peaks, prepend=0) / FS_HZ, np.nan)[chosen]
    row = row.only(chosen).moved(r_peaks[chosen] - signals.start[row.window[chosen]])
    durations = _durations(row, marks_ms, rr_s)
    levels = frozen(_levels_mv(signals, row, marks_ms))
    return [
        Intervals(int(n), *of_window.tolist(), *st_and_t_mv)
        for n, of_window, st_and_t_mv in zip(row.n, durations, levels, strict=True)
    ]


def intervals_of(window: Window, delineation: Delineation, classes: BeatClasses) -> Intervals:
    """Measure a single window; see `measure_intervals`."""
    return measure_intervals(condition([window]), [delineation], [classes])[0]


def _dominant(row: BeatRow, klass: I8) -> Bools:
    """(m,) the beats of each window that are measured."""
    chosen = np.zeros(klass.size, np.bool_)
    for kind in (BeatClass.NORMAL, BeatClass.PACED, BeatClass.UNKNOWN):
        decided = np.bincount(row.window[chosen], minlength=row.n.size) > 0
        chosen |= (klass == kind) & ~decided[row.window]
    return chosen


def _durations(row: BeatRow, marks_ms: F32, rr_s: F64) -> F64:
    """(B, 5) PR, QRS, QT and corrected QT, from (9, m, 12) marks."""
    p_ms, onset_ms, offset_ms, t_ms = middle(marks_ms[[*BOUNDARIES]], axis=2)
    of_beats = np.stack((onset_ms - p_ms, offset_ms - onset_ms, t_ms - onset_ms, rr_s), axis=1)
    pr_ms, qrs_ms, qt_ms, rr = middle(row.by_window(of_beats), axis=1).T
    return np.stack((pr_ms, qrs_ms, qt_ms, qt_ms / np.cbrt(rr), qt_ms / np.sqrt(rr)), axis=1)


def _levels_mv(signals: Signals, row: BeatRow, marks_ms: F32) -> F32:
    """(B, 2, 12) ST levels and T peaks; NaN where the amplitude is unknown."""
    pq_ms = marks_ms[Mark.QRS_ONSET] + (PQ_FROM_MS + PQ_TO_MS) / 2
    reference = _level(signals, row, pq_ms, round((PQ_TO_MS - PQ_FROM_MS) / SAMPLE_MS) + 1)
    later_ms = np.stack((marks_ms[Mark.QRS_OFFSET] + ST_AFTER_J_MS, marks_ms[Mark.T_PEAK]), axis=1)
    of_beats = _level(signals, row, later_ms, LEVEL_N) - reference[:, None]
    levels: F32 = middle(row.by_window(of_beats), axis=1).astype(np.float32)
    levels[[not window.calibrated for window in signals.windows]] = np.nan
    return levels


def _level(signals: Signals, row: BeatRow, at_ms: F32, n: int) -> F64:
    """Mean of `n` samples around times (m, ..., 12) of each beat; NaN where not known or not received."""
    known = np.isfinite(at_ms)
    wide = (slice(None), *(None,) * (at_ms.ndim - 1))
    first = np.rint(np.where(known, at_ms, 0.0) / SAMPLE_MS).astype(np.int64) + (row.place - n // 2)[wide]
    known &= (first >= 0) & (first + n <= WINDOW_N)
    at = limited(first, 0, WINDOW_N - n) + WINDOW_N * (N_LEADS * row.window[wide] + np.arange(N_LEADS))
    places = [at + k for k in range(n)]
    levels = sum(signals.x.reshape(-1).take(place) for place in places) / np.float32(n)
    if not signals.whole.all():
        known &= np.logical_and.reduce([signals.received.reshape(-1).take(place) for place in places])
    return np.where(known, levels, np.nan)
