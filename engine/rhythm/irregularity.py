"""Atrial fibrillation, told from the intervals between beats and what precedes them."""

import math
from dataclasses import dataclass
from statistics import median
from typing import Final

import numpy as np

from engine.arrays import F64, Bools
from engine.grid import FS_HZ
from engine.rhythm.history import History

SPAN_S: Final = 30.0
"""Time that is judged as one."""
COVERED: Final = 0.8
"""Share of it from which beats must be known."""
MIN_INTERVALS: Final = 12
MIN_CHANGES: Final = 8
TOLERANCE_S: Final = 0.03
STEP_S: Final = 0.01
MAX_TOLERANCE_S: Final = 0.3
MIN_MATCHES: Final = 10
"""Intervals match within the tolerance, which grows until so many pairs do (Lake and Moorman)."""
STEADY_SHARE: Final = 0.06
N_STEADY: Final = 4
"""So many intervals in a row that each differ by less than this share from the one before are steady: what is
irregular began after them."""
MAX_ECTOPIC: Final = 0.5
"""With more of the beats ventricular there is too little left to judge."""

FEATURES: Final = ("entropy", "p_wave")
MEAN: Final = (-1.872, 0.708)
SPREAD: Final = (0.642, 0.284)
WEIGHT: Final = (3.09, -2.154)
BIAS: Final = -7.467
"""Logistic regression on `FEATURES`, fitted by `training.irregularity` to beats as the monitor finds and
classes them on one part of MIT-BIH and CPSC 2021; `ecg-monitor evaluate rhythm` runs the other part."""


@dataclass(frozen=True, slots=True)
class Irregularity:
    """Whether the last half minute was atrial fibrillation."""

    evidence: float | None
    """Log odds; positive: fibrillation. None with too few intervals to tell."""
    onset_sample: int = 0
    """First beat of the irregular row; where one was found."""
    rmssd_share: float = 0.0
    """Root mean square of successive RR differences as a share of the mean interval; the same."""

    @property
    def found(self) -> bool:
        """Irregular as in atrial fibrillation."""
        return self.evidence is not None and self.evidence > 0


@dataclass(frozen=True, slots=True, eq=False)
class Intervals:
    """The intervals of the last half minute."""

    beats: History
    rr_s: F64
    """(n,) float64, s before each beat."""
    sound: Bools
    """(n,) bool: those that count."""
    entropy: float
    """Of `sample_entropy`."""
    p_wave: float
    """Median evidence of P waves, 0 to 1."""


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
        None as evidence while less than `SPAN_S` of beats, or too few undisturbed intervals, are known. What
        was counted in ventricular waves, and before them, is no beat of the present rhythm.

    Notes
    -----
    The coefficient of sample entropy of Lake and Moorman, Am. J. Physiol. Heart Circ. Physiol. 300 (2011),
    which regularly irregular rhythms such as bigeminy do not raise, joined by the evidence of P waves.
    Deviations: intervals that begin or end with a ventricular beat, or span a gap, are left out, and so are
    differences across them; a logistic combination.
    """
    measured = describe_intervals(history, end_sample)
    if measured is None:
        return Irregularity(None)
    terms = zip((measured.entropy, measured.p_wave), MEAN, SPREAD, WEIGHT, strict=True)
    evidence = sum((value - mean) / spread * weight for value, mean, spread, weight in terms) + BIAS
    if evidence <= 0:
        return Irregularity(evidence)
    rr_s, sound = measured.rr_s, measured.sound
    changes = np.diff(rr_s)[sound[1:] & sound[:-1]]
    rmssd = float(np.sqrt(np.mean(changes**2)) / rr_s[sound].mean())
    return Irregularity(evidence, int(measured.beats.r_peaks[_first_irregular(rr_s, sound)]), rmssd)


def describe_intervals(history: History, end_sample: int) -> Intervals | None:
    """Measure what `judge_irregularity` weighs; None where that says so."""
    recent = history.since(max(end_sample - round(SPAN_S * FS_HZ), history.waves_until))
    if not recent.r_peaks.size or recent.r_peaks[0] > end_sample - round(COVERED * SPAN_S * FS_HZ):
        return None
    rr_s, sound = _sound_intervals(recent)
    n_ectopic = np.count_nonzero(recent.ventricular)
    if np.count_nonzero(sound) < MIN_INTERVALS or n_ectopic > MAX_ECTOPIC * rr_s.size:
        return None
    entropy = sample_entropy(rr_s, sound)
    return None if entropy is None else Intervals(recent, rr_s, sound, entropy, _p_wave(recent))


def _p_wave(beats: History) -> float:
    """Median evidence of P waves; what is known of people at large where none was measurable."""
    known = beats.p_wave[np.isfinite(beats.p_wave) & ~beats.ventricular].tolist()
    return median(known) if known else MEAN[1]


def _first_irregular(rr_s: F64, sound: Bools) -> int:
    """Place of the beat at which the last steady row ended; 0 if there is none."""
    steady = np.zeros(rr_s.size, np.bool_)
    steady[1:] = sound[1:] & sound[:-1] & (np.abs(np.diff(rr_s)) < STEADY_SHARE * np.median(rr_s[sound]))
    rows = np.convolve(steady, np.ones(N_STEADY, np.int64), "valid") == N_STEADY
    return int(np.flatnonzero(rows)[-1]) + N_STEADY - 1 if rows.any() else 0


def _sound_intervals(beats: History) -> tuple[F64, Bools]:
    """RR intervals before each beat, and which lie whole between two beats that are not ventricular."""
    rr_s = np.zeros(beats.r_peaks.size)
    rr_s[1:] = (beats.r_peaks[1:] - beats.r_peaks[:-1]) / FS_HZ
    own = ~beats.ventricular
    sound = beats.whole & own
    sound[1:] &= own[:-1]
    sound[0] = False
    return rr_s, sound


def sample_entropy(rr_s: F64, sound: Bools) -> float | None:
    """Measure how little an interval says of the next one.

    Parameters
    ----------
    rr_s : (n,) float64
        RR intervals, s.
    sound : (n,) bool
        Those that count.

    Returns
    -------
    float or None
        Coefficient of sample entropy, template length 1; about -2 in sinus rhythm, 0 in fibrillation. None
        with too few intervals in a row.
    """
    pairs = np.flatnonzero(sound[1:] & sound[:-1])
    if pairs.size < MIN_CHANGES:
        return None
    return _entropy(rr_s[pairs], rr_s[pairs + 1]) - math.log(float(rr_s[sound].mean()))


def _entropy(first: F64, second: F64) -> float:
    """Quadratic sample entropy of pairs of neighbours."""
    of_first = np.abs(first[:, None] - first)
    of_both = np.maximum(of_first, np.abs(second[:, None] - second))
    tolerance_s = TOLERANCE_S
    n_same = first.size  # each pair matches itself, which does not count
    n_both = int(np.count_nonzero(of_both < tolerance_s)) - n_same
    if n_both < MIN_MATCHES:
        tolerance_s = _wider(of_both)
        n_both = int(np.count_nonzero(of_both < tolerance_s)) - n_same
    n_first = int(np.count_nonzero(of_first < tolerance_s)) - n_same
    return math.log(2 * tolerance_s) - math.log(max(n_both, 1) / max(n_first, 1))


def _wider(of_both: F64) -> float:
    """The tolerance, in steps, within which enough pairs match, or the widest."""
    place = len(of_both) + MIN_MATCHES - 1  # behind the matches of each with itself
    enough_s = float(np.partition(of_both, place, axis=None)[place])
    n_steps = max(math.ceil((enough_s - TOLERANCE_S) / STEP_S + 1e-9), 0)
    return min(TOLERANCE_S + n_steps * STEP_S, MAX_TOLERANCE_S)
