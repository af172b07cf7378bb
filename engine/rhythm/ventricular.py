"""Ventricular beats in a row, and how many there are."""

from dataclasses import dataclass
from statistics import median
from typing import Final

import numpy as np

from engine.grid import FS_HZ
from engine.rhythm.history import History

MINUTE_N: Final = 60 * FS_HZ
PATTERN_CYCLES: Final = 3
"""Bigeminy and trigeminy are called after so many cycles, as usual."""
TACHYCARDIA_BEATS: Final = 5
TACHYCARDIA_BPM: Final = 100.0
MIN_RUN_BPM: Final = 60.0
"""Ventricular beats further apart than this are no run."""
OWN_BEATS: Final = 5
"""So many of the patient's own intervals in the last minute tell the rate of the rhythm that a run breaks."""
FASTER: Final = 1.1
"""A tachycardia is so many times faster than that; what goes on at the same rate is a change of conduction,
or of the recorded form."""


@dataclass(frozen=True, slots=True)
class Run:
    """Ventricular beats in a row."""

    n_beats: int
    first_sample: int
    """R peak of the first beat, absolute."""
    last_sample: int
    rate_bpm: float
    """From its median RR interval."""
    own_bpm: float | None = None
    """Rate of the patient's other beats in the last minute; None where they are too few to tell."""

    @property
    def is_tachycardia(self) -> bool:
        """Long and fast enough for ventricular tachycardia, and faster than the rhythm it breaks."""
        least_bpm = max(TACHYCARDIA_BPM, FASTER * (self.own_bpm or 0.0))
        return self.n_beats >= TACHYCARDIA_BEATS and self.rate_bpm > least_bpm


def newest_run(history: History, min_beats: int) -> Run | None:
    """Find the newest row of at least `min_beats` ventricular beats.

    Parameters
    ----------
    history : History
        Beats and their classes.
    min_beats : int
        At least 2.

    Returns
    -------
    Run or None
        Its intervals are all whole (no gap in the signal) and shorter than `MIN_RUN_BPM` asks.
    """
    ventricular = history.ventricular
    if not ventricular.any():
        return None
    joined = np.zeros(ventricular.size, np.bool_)
    joined[1:] = ventricular[1:] & ventricular[:-1] & (history.rr_s[1:] < 60.0 / MIN_RUN_BPM)
    starts = np.flatnonzero(ventricular & ~joined)
    lengths = np.add.reduceat(ventricular, starts, dtype=np.int64)
    long = np.flatnonzero(lengths >= min_beats)
    if not long.size:
        return None
    first, n = int(starts[long[-1]]), int(lengths[long[-1]])
    peaks = history.r_peaks[first : first + n]
    rate_bpm = 60.0 * FS_HZ / median(np.diff(peaks).tolist())
    return Run(n, int(peaks[0]), int(peaks[-1]), rate_bpm, _own_bpm(history))


def _own_bpm(history: History) -> float | None:
    """Rate of the beats that are not ventricular."""
    own = ~history.ventricular
    own[1:] &= own[:-1]
    rr_s = history.rr_s[own & history.whole]
    known = rr_s[np.isfinite(rr_s)].tolist()
    return 60.0 / median(known) if len(known) >= OWN_BEATS else None


def n_ventricular(history: History, end_sample: int) -> int:
    """Ventricular beats in the last minute."""
    return int(np.count_nonzero(history.ventricular & (history.r_peaks > end_sample - MINUTE_N)))


def pattern(history: History, end_sample: int) -> str:
    """Name what repeats: every second beat ventricular is bigeminy, every third trigeminy; else empty."""
    beats = history.since(end_sample - 10 * FS_HZ).ventricular
    if not beats.any():
        return ""
    for cycle, name in ((2, "bigeminy"), (3, "trigeminy")):
        n = cycle * PATTERN_CYCLES
        row = beats[-n:]
        if row.size == n and any(np.array_equal(row, np.arange(n) % cycle == at) for at in range(cycle)):
            return name
    return ""
