"""Numerics of a window: heart rate and what the RR intervals say."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from engine.arrays import F64, Bools
from engine.beats import Beats
from engine.grid import FS_HZ
from engine.quality import Quality
from engine.window import Window

RATE_BEATS: Final = 8
"""The shown rate is the median over so many RR intervals, the newest ones."""
MIN_RMSSD_BEATS: Final = 5


@dataclass(frozen=True, slots=True)
class Vitals:
    """Numerics of one window. `None` means "not measurable", never "zero"."""

    heart_rate_bpm: float | None
    """60 / median RR interval of the last beats."""
    rr_ms: float | None
    """Median RR interval, ms."""
    rmssd_ms: float | None
    """Root mean square of successive RR differences, ms."""
    since_last_beat_s: float | None
    """Seconds without a beat up to the window's end, counted only over assessable signal; None without any at
    the window's end."""
    n_beats: int


def measure_vitals(beats: Beats, window: Window, quality: Quality) -> Vitals:
    """Measure heart rate, RR intervals and the time since the last beat."""
    rr_s = _rr_intervals_s(beats, window, quality)
    recent = rr_s[-RATE_BEATS:]
    rr = float(np.median(recent)) if recent.size else None
    changes = np.diff(rr_s)
    return Vitals(
        heart_rate_bpm=60.0 / rr if rr else None,
        rr_ms=1000.0 * rr if rr else None,
        rmssd_ms=float(1000 * np.sqrt(np.mean(changes**2))) if rr_s.size >= MIN_RMSSD_BEATS else None,
        since_last_beat_s=_since_last_beat_s(beats, window, quality),
        n_beats=int(beats.r_peaks.size),
    )


def _rr_intervals_s(beats: Beats, window: Window, quality: Quality) -> F64:
    """Intervals between neighbouring beats, without those that span a moment when no lead was assessable."""
    blind = np.cumsum(~_seen(window, quality))
    blind_at_beat = blind[beats.r_peaks - window.start_sample]
    rr_s: F64 = np.diff(beats.r_peaks)[np.diff(blind_at_beat) == 0] / FS_HZ
    return rr_s


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
