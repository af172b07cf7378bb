from dataclasses import dataclass
from typing import Final

import numpy as np

from engine.arrays import F32, F64, I64, Bools, frozen
from engine.beatclass import I8, BeatClass, BeatClasses
from engine.beats import REFRACTORY_S
from engine.grid import FS_HZ
from engine.quality import Quality
from engine.window import Window

KEPT_S: Final = 65.0
EDGE_S: Final = 0.5
"""A beat this close to the start of a window is taken as the window before saw it."""


@dataclass(frozen=True, slots=True, eq=False)
class History:
    """The beats of the last minute, each as the newest window saw it in which it lay well inside."""

    r_peaks: I64
    """(n,) int64, absolute samples, ascending."""
    klass: I8
    """(n,) int8, values of `BeatClass`."""
    qrs_ms: F32
    """(n,) float32, NaN where not measurable."""
    p_wave: F32
    """(n,) float32, evidence of a P wave before the beat, 0 to 1; NaN where not measurable."""
    whole: Bools
    """(n,) bool: no moment without assessable signal since the beat before."""

    @classmethod
    def empty(cls) -> "History":
        """Nothing seen yet."""
        nothing = np.zeros(0, np.float32)
        return cls(np.zeros(0, np.int64), np.zeros(0, np.int8), nothing, nothing, np.zeros(0, np.bool_))

    @property
    def rr_s(self) -> F64:
        """(n,) float64, s from the beat before; NaN where there is none or the signal was interrupted."""
        rr_s = np.diff(self.r_peaks, prepend=0) / FS_HZ
        rr_s[~self.whole] = np.nan
        return rr_s

    @property
    def ventricular(self) -> Bools:
        """(n,) bool: beats of ventricular origin."""
        return np.asarray(self.klass == BeatClass.VENTRICULAR)

    def since(self, sample: int) -> "History":
        """Return the beats from an absolute sample on."""
        return self._at(self.r_peaks >= sample)

    def followed(self, window: Window, quality: Quality, classes: BeatClasses) -> "History":
        """Take over what a newer window says of its beats.

        Parameters
        ----------
        window : Window
            The newer window; it may overlap those before or not.
        quality : Quality
            Which of its leads are assessable.
        classes : BeatClasses
            Its beats.

        Returns
        -------
        History
            Beats before the window as they were, those in it as they are seen now.
        """
        inside = classes.r_peaks >= window.start_sample + round(EDGE_S * FS_HZ)
        first = classes.r_peaks[inside][:1]
        until = window.start_sample + round(EDGE_S * FS_HZ)
        if first.size:  # a beat at the seam may have moved a little
            until = min(until, int(first[0]) - round(REFRACTORY_S * FS_HZ))
        old = self._at((self.r_peaks >= window.end_sample - round(KEPT_S * FS_HZ)) & (self.r_peaks < until))
        r_peaks = np.concatenate((old.r_peaks, classes.r_peaks[inside]))
        whole = _whole(r_peaks, old.r_peaks.size, window, quality)
        if first.size and not whole[0] and old.r_peaks.size and old.r_peaks[-1] < window.start_sample:
            whole[0] = self._was_whole(int(first[0]))
        return History(
            frozen(r_peaks),
            frozen(np.concatenate((old.klass, classes.klass[inside]))),
            frozen(np.concatenate((old.qrs_ms, classes.qrs_ms[inside]))),
            frozen(np.concatenate((old.p_wave, classes.p_wave[inside]))),
            frozen(np.concatenate((old.whole, whole))),
        )

    def _was_whole(self, r_peak: int) -> bool:
        """Whether the interval before a beat was, when the beat before it was still in the window."""
        same = np.abs(self.r_peaks - r_peak) < round(REFRACTORY_S * FS_HZ)
        return bool(self.whole[same].any())

    def _at(self, where: Bools) -> "History":
        return History(
            self.r_peaks[where], self.klass[where], self.qrs_ms[where], self.p_wave[where], self.whole[where]
        )


def _whole(r_peaks: I64, n_old: int, window: Window, quality: Quality) -> Bools:
    """Whether an assessable lead was received all the way from the beat before, for beats from `n_old` on."""
    seen = np.logical_or.reduce(window.valid[quality.assessable], axis=0)
    unseen = np.concatenate(([0], np.cumsum(~seen)))
    whole = np.zeros(r_peaks.size, np.bool_)
    at = r_peaks - window.start_sample
    inside = np.flatnonzero((at[1:] >= 0) & (at[:-1] >= 0)) + 1
    whole[inside] = unseen[at[inside]] == unseen[at[inside - 1]]
    return whole[n_old:]
