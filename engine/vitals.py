"""Numerics of a window: heart rate and what the RR intervals say."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from engine.arrays import F64, Bools
from engine.beats import Beats
from engine.grid import FS_HZ
from engine.quality import Quality
from engine.window import Window

RATE_S: Final = 6.0
"""The shown rate is the median of the RR intervals of this time before the last beat: long enough not to jump
with every premature beat, short enough that an alarm follows a new rate within 10 s."""
MIN_RATE_INTERVALS: Final = 4
MAX_RATE_INTERVALS: Final = 8
MIN_RMSSD_INTERVALS: Final = 5


@dataclass(frozen=True, slots=True)
class Vitals:
    """Numerics of one window. `None` means "not measurable", never "zero"."""

    heart_rate_bpm: float | None
    """60 / median RR interval of the last beats."""
    rr_ms: float | None
    """Median RR interval of the last beats, ms."""
    rmssd_ms: float | None
    """Root mean square of successive RR differences over the window, ms; None with fewer than 5 intervals."""
    since_last_beat_s: float | None
    """Seconds without a beat up to the window's end, counted only over assessable signal; None without any at
    the window's end."""
    n_beats: int


def measure_vitals(beats: Beats, window: Window, quality: Quality) -> Vitals:
    """Measure heart rate, RR intervals and the time since the last beat.

    Parameters
    ----------
    beats : Beats
        R peaks of the window.
    window : Window
        The window itself: intervals across a moment without assessable signal are left out, and time without
        signal is never counted as time without a beat.
    quality : Quality
        Which leads are assessable.

    Returns
    -------
    Vitals
        The rate needs two beats. RMSSD after Task Force of the ESC and NASPE, Heart rate variability,
        Circulation 93 (1996), here over one window only and not freed from ectopic beats.
    """
    rr_s = _rr_intervals_s(beats, window, quality)
    rr = float(np.median(_recent(rr_s))) if rr_s.size else None
    changes = np.diff(rr_s)
    return Vitals(
        heart_rate_bpm=60.0 / rr if rr else None,
        rr_ms=1000.0 * rr if rr else None,
        rmssd_ms=float(1000 * np.sqrt(np.mean(changes**2))) if rr_s.size >= MIN_RMSSD_INTERVALS else None,
        since_last_beat_s=_since_last_beat_s(beats, window, quality),
        n_beats=int(beats.r_peaks.size),
    )


def _rr_intervals_s(beats: Beats, window: Window, quality: Quality) -> F64:
    """Intervals between neighbouring beats, without those that span a moment when no lead was assessable."""
    blind = np.cumsum(~_seen(window, quality))
    blind_at_beat = blind[beats.r_peaks - window.start_sample]
    rr_s: F64 = np.diff(beats.r_peaks)[np.diff(blind_at_beat) == 0] / FS_HZ
    return rr_s


def _recent(rr_s: F64) -> F64:
    """The newest intervals; an even number, so that in bigeminy short and long ones balance."""
    n = int((np.cumsum(rr_s[::-1]) <= RATE_S).sum())
    n = min(max(n - n % 2, MIN_RATE_INTERVALS), MAX_RATE_INTERVALS)
    return rr_s[-n:]


def _since_last_beat_s(beats: Beats, window: Window, quality: Quality) -> float | None:
    seen = _seen(window, quality)
    if not seen[-1]:
        return None
    gaps = np.flatnonzero(~seen)
    seen_from = window.start_sample + (int(gaps[-1]) + 1 if gaps.size else 0)
    last = int(beats.r_peaks[-1]) if beats.r_peaks.size else seen_from
    return (window.end_sample - max(last, seen_from)) / FS_HZ


def _seen(window: Window, quality: Quality) -> Bools:
    """(n,) bool: moments at which some assessable lead has signal."""
    seen: Bools = np.logical_or.reduce(window.valid[quality.assessable], axis=0)
    return seen
