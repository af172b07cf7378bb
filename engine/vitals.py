"""Numerics of a window: heart rate and what the RR intervals say."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise
from statistics import median
from typing import Final

from engine.arrays import I64
from engine.beats import Beats
from engine.grid import FS_HZ
from engine.quality import Quality
from engine.sight import blind_before, blind_in
from engine.signals import Signals
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


def measure_vitals(beats: Sequence[Beats], signals: Signals, qualities: Sequence[Quality]) -> list[Vitals]:
    """Measure heart rate, RR intervals and the time since the last beat.

    Parameters
    ----------
    beats : sequence of Beats
        R peaks of each window.
    signals : Signals
        The windows: intervals across a moment without assessable signal are left out, and time without
        signal is never counted as time without a beat.
    qualities : sequence of Quality
        Which leads are assessable.

    Returns
    -------
    list of Vitals
        The rate needs two beats. RMSSD after Task Force of the ESC and NASPE, Heart rate variability,
        Circulation 93 (1996), here over one window only and not freed from ectopic beats.
    """
    blind = blind_before(signals, qualities)
    starts = signals.start.tolist()
    return [
        _vitals(found.r_peaks - start, row) for found, start, row in zip(beats, starts, blind, strict=True)
    ]


def vitals_of(beats: Beats, window: Window, quality: Quality) -> Vitals:
    """Measure a single window; see `measure_vitals`."""
    return _vitals(beats.r_peaks - window.start_sample, blind_in(window.valid, quality.assessable))


def _vitals(peaks: I64, blind: I64) -> Vitals:
    """Measure from R peaks, as samples of the window, and the count of blind moments before each sample."""
    rr_s = _rr_intervals_s(peaks, blind)
    rr = median(_recent(rr_s)) if rr_s else None
    return Vitals(
        heart_rate_bpm=60.0 / rr if rr else None,
        rr_ms=1000.0 * rr if rr else None,
        rmssd_ms=_rmssd_ms(rr_s) if len(rr_s) >= MIN_RMSSD_INTERVALS else None,
        since_last_beat_s=_since_last_beat_s(peaks, blind),
        n_beats=int(peaks.size),
    )


def _rr_intervals_s(peaks: I64, blind: I64) -> list[float]:
    """Intervals between neighbouring beats, without those that span a moment when no lead was assessable."""
    places = peaks.tolist()
    unseen = blind[peaks + 1].tolist()
    between = zip(pairwise(places), pairwise(unseen), strict=True)
    return [(b - a) / FS_HZ for (a, b), (before, after) in between if before == after]


def _recent(rr_s: list[float]) -> list[float]:
    """The newest intervals; an even number, so that in bigeminy short and long ones balance."""
    n = sum(elapsed_s <= RATE_S for elapsed_s in accumulate(reversed(rr_s)))
    n = min(max(n - n % 2, MIN_RATE_INTERVALS), MAX_RATE_INTERVALS)
    return rr_s[-n:]


def _rmssd_ms(rr_s: list[float]) -> float:
    return 1000.0 * math.sqrt(sum((b - a) ** 2 for a, b in pairwise(rr_s)) / (len(rr_s) - 1))


def _since_last_beat_s(peaks: I64, blind: I64) -> float | None:
    n = blind.size - 1
    if blind[n] > blind[n - 1]:
        return None
    seen_from = int(blind.searchsorted(blind[n]))
    last = int(peaks[-1]) if peaks.size else seen_from
    return (n - max(last, seen_from)) / FS_HZ
