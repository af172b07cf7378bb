from dataclasses import dataclass
from typing import Final

import numpy as np

from engine.arrays import F64, I64, Bools
from engine.beats import beats_of
from engine.grid import FS_HZ, WINDOW_N
from engine.leads import N_LEADS
from engine.quality import quality_of
from engine.window import Window

MIN_BEATS: Final = 6
"""A record with fewer is no ground to graft on."""
P_ONSET_S: Final = 0.21
J_S: Final = 0.045
LEVEL_S: Final = (0.08, 0.06)
"""Before the R peak: the PR segment, where the line is taken to be isoelectric."""


@dataclass(frozen=True, slots=True, eq=False)
class NormalRecord:
    """A normal record, and the places of its waves as far as grafting needs them."""

    name: str
    window: Window
    r_peaks: I64
    """(n,) samples from the window's start."""

    @property
    def rr_s(self) -> float:
        """Typical RR interval."""
        return float(np.median(np.diff(self.r_peaks)) / FS_HZ)

    @property
    def t_end_s(self) -> float:
        """End of T after the R peak; a normal QT interval by Bazett's rule, and a little."""
        return 0.37 * float(np.sqrt(self.rr_s))

    @property
    def whole(self) -> I64:
        """(k,) indices of the beats that lie in the window with both neighbours."""
        inside = (self.r_peaks > 0.3 * FS_HZ) & (self.r_peaks < WINDOW_N - 0.6 * FS_HZ)
        return np.flatnonzero(inside)[1:-1]

    def times_s(self, beat: int) -> F64:
        """(WINDOW_N,) seconds from the R peak of a beat."""
        t_s: F64 = (np.arange(WINDOW_N) - self.r_peaks[beat]) / FS_HZ
        return t_s

    def at(self, beat: int, after_s: float) -> int:
        """Sample so long after the R peak of a beat, kept inside the window."""
        return int(np.clip(self.r_peaks[beat] + round(after_s * FS_HZ), 0, WINDOW_N - 1))

    def above_baseline(self) -> F64:
        """(12, WINDOW_N) mV over the line through the PR segments."""
        x = self.window.x.astype(np.float64)
        early, late = (round(s * FS_HZ) for s in LEVEL_S)
        places = [r for r in self.r_peaks if r >= early]
        levels = np.array([np.median(x[:, r - early : r - late], axis=1) for r in places])
        middle = np.array(places) - (early + late) // 2
        samples = np.arange(WINDOW_N)
        above: F64 = x - np.stack([np.interp(samples, middle, levels[:, lead]) for lead in range(N_LEADS)])
        return above


def normal_record(name: str, window: Window) -> NormalRecord | None:
    """Find the beats of a record; None if there are too few to graft on."""
    quality = quality_of(window)
    r_peaks = beats_of(window, quality).r_peaks - window.start_sample
    found = NormalRecord(name, window, r_peaks)
    return found if len(r_peaks) >= MIN_BEATS and len(found.whole) >= MIN_BEATS - 3 else None


def without(record: NormalRecord, start: int, end: int, rng: np.random.Generator) -> F64:
    """(12, WINDOW_N) change that wipes out what is between two samples of diastole.

    A straight line takes its place, with the noise of the stretch before it.
    """
    x, around = record.window.x.astype(np.float64), round(0.02 * FS_HZ)
    left = x[:, max(0, start - around) : start + 1].mean(axis=1)
    right = x[:, end : end + around + 1].mean(axis=1)
    n = end - start
    line = left[:, None] + (right - left)[:, None] * np.linspace(0, 1, n)
    delta = np.zeros_like(x)
    delta[:, start:end] = (
        line + _noise(x[:, max(0, start - 3 * around) : start + 1], n, rng) - x[:, start:end]
    )
    return delta


def _noise(piece: F64, n: int, rng: np.random.Generator) -> F64:
    """Fast changes of a piece, with a random order, as long as wanted."""
    steps = np.diff(piece, axis=1) / 2**0.5
    steps = steps - steps.mean(axis=1, keepdims=True)
    noise: F64 = steps[:, rng.integers(steps.shape[1], size=n)]
    return noise


def ramp(t_s: F64, start_s: float, length_s: float) -> F64:
    """0 before `start_s`, 1 after `length_s` more, a half cosine between."""
    smooth: F64 = 0.5 - 0.5 * np.cos(np.pi * np.clip((t_s - start_s) / length_s, 0, 1))
    return smooth


def some_beats(record: NormalRecord, n: int | None, rng: np.random.Generator) -> list[int]:
    """`n` beats in a row, or all beats of the record."""
    if n is None:
        return list(range(len(record.r_peaks)))
    whole = record.whole
    first = int(rng.integers(max(1, len(whole) - n + 1)))
    return [int(beat) for beat in whole[first : first + n]]


def everywhere(mask: Bools, where: Bools) -> Bools:
    """(12, WINDOW_N) from leads and samples."""
    both: Bools = mask[:, None] & where[None]
    return both
