"""Atrial fibrillation, told from the intervals between beats and what precedes them."""

import math
from dataclasses import dataclass
from typing import Final

import numpy as np

from engine.arrays import F64, Bools
from engine.grid import FS_HZ
from engine.rhythm.history import History

SPAN_S: Final = 30.0
"""Time that is judged as one."""
MIN_INTERVALS: Final = 12
MIN_CHANGES: Final = 8
TOLERANCE_S: Final = 0.03
STEP_S: Final = 0.01
MAX_TOLERANCE_S: Final = 0.3
MIN_MATCHES: Final = 10
"""Intervals match within the tolerance, which grows until so many pairs do (Lake and Moorman)."""
STEADY_SHARE: Final = 0.06
"""An interval that differs from the one before by less than this share of the median is steady."""
MAX_ECTOPIC: Final = 0.5
"""With more of the beats ventricular there is too little left to judge."""

FEATURES: Final = ("entropy", "steady", "return")
MEAN: Final = np.array([-1.823, 0.75, 0.035])
SPREAD: Final = np.array([0.633, 0.259, 0.047])
WEIGHT: Final = np.array([0.67, -1.82, -0.37])
BIAS: Final = -2.04
"""Logistic regression on `FEATURES`."""


@dataclass(frozen=True, slots=True)
class Irregularity:
    """Whether the last half minute was atrial fibrillation."""

    evidence: float | None
    """Log odds; positive: fibrillation. None with too few intervals to tell."""
    onset_sample: int = 0
    """First beat that was judged."""
    rmssd_share: float = 0.0
    """Root mean square of successive RR differences as a share of the mean interval."""

    @property
    def found(self) -> bool:
        """Irregular as in atrial fibrillation."""
        return self.evidence is not None and self.evidence > 0


def judge_irregularity(history: History, end_sample: int) -> Irregularity:
    """Judge the intervals of the last `SPAN_S`.

    Parameters
    ----------
    history : History
        Beats and their classes.
    end_sample : int
        End of the newest window, absolute.

    Returns
    -------
    Irregularity
        None as evidence while less than `SPAN_S` of beats, or too few undisturbed intervals, are known.

    Notes
    -----
    The coefficient of sample entropy of Lake and Moorman, Am. J. Physiol. Heart Circ. Physiol. 300 (2011),
    which regularly irregular rhythms such as bigeminy do not raise; joined by the share of steady intervals
    and by how closely an interval returns to one of the two before (a Lorenz plot's distance, after Sarkar,
    Ritscher and Mehra, IEEE Trans. Biomed. Eng. 55 (2008)). Deviations: intervals that begin or end with a
    ventricular beat, or span a gap, are left out, and so are differences across them; a logistic combination.
    """
    recent = history.since(end_sample - round(SPAN_S * FS_HZ))
    if not recent.r_peaks.size or recent.r_peaks[0] > end_sample - round(0.8 * SPAN_S * FS_HZ):
        return Irregularity(None)
    rr_s, sound = _sound_intervals(recent)
    if sound.sum() < MIN_INTERVALS or recent.ventricular.mean() > MAX_ECTOPIC:
        return Irregularity(None)
    measured = irregularity_features(rr_s, sound)
    if measured is None:
        return Irregularity(None)
    evidence = float((measured - MEAN) / SPREAD @ WEIGHT + BIAS)
    changes = np.diff(rr_s)[sound[1:] & sound[:-1]]
    rmssd = float(np.sqrt(np.mean(changes**2)) / rr_s[sound].mean())
    return Irregularity(evidence, int(recent.r_peaks[0]), rmssd)


def _sound_intervals(beats: History) -> tuple[F64, Bools]:
    """RR intervals before each beat, and which lie whole between two beats that are not ventricular."""
    rr_s = np.diff(beats.r_peaks, prepend=beats.r_peaks[:1]) / FS_HZ
    sound = beats.whole & ~beats.ventricular
    sound[1:] &= ~beats.ventricular[:-1]
    sound[0] = False
    return rr_s, sound


def irregularity_features(rr_s: F64, sound: Bools) -> F64 | None:
    """Measure a row of intervals.

    Parameters
    ----------
    rr_s : (n,) float64
        RR intervals, s.
    sound : (n,) bool
        Those that count.

    Returns
    -------
    (3,) float64 or None
        `entropy`: coefficient of sample entropy, template length 1. `steady`: share of the intervals close
        to the one before. `return`: median distance to the nearer of the two before, as a share of the
        median interval. None with too few intervals in a row.
    """
    pairs = np.flatnonzero(sound[1:] & sound[:-1])
    triples = np.flatnonzero(sound[2:] & sound[1:-1] & sound[:-2])
    if pairs.size < MIN_CHANGES or triples.size < MIN_CHANGES // 2:
        return None
    median = float(np.median(rr_s[sound]))
    steady = float(np.mean(np.abs(rr_s[pairs + 1] - rr_s[pairs]) < STEADY_SHARE * median))
    third = rr_s[triples + 2]
    back = np.minimum(np.abs(third - rr_s[triples]), np.abs(third - rr_s[triples + 1]))
    entropy = _entropy(rr_s[pairs], rr_s[pairs + 1]) - math.log(float(rr_s[sound].mean()))
    return np.array([entropy, steady, float(np.median(back)) / median])


def _entropy(first: F64, second: F64) -> float:
    """Quadratic sample entropy of pairs of neighbours."""
    of_first = np.abs(first[:, None] - first)
    np.fill_diagonal(of_first, np.inf)
    of_both = np.maximum(of_first, np.abs(second[:, None] - second))
    enough_s = float(np.partition(of_both, MIN_MATCHES - 1, axis=None)[MIN_MATCHES - 1])
    enough_s = min(enough_s, MAX_TOLERANCE_S)  # infinite where there are too few pairs
    n_steps = max(math.ceil((enough_s - TOLERANCE_S) / STEP_S + 1e-9), 0)
    tolerance_s = min(TOLERANCE_S + n_steps * STEP_S, MAX_TOLERANCE_S)
    n_first = int(np.count_nonzero(of_first < tolerance_s))
    n_both = int(np.count_nonzero(of_both < tolerance_s))
    return math.log(2 * tolerance_s) - math.log(max(n_both, 1) / max(n_first, 1))
