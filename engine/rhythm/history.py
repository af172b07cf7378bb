from dataclasses import dataclass
from typing import Final

import numpy as np

from engine.arrays import F32, F64, I64, Bools, frozen
from engine.beatclass import I8, BeatClass, BeatClasses
from engine.beats import REFRACTORY_S
from engine.grid import FS_HZ, WINDOW_N

KEPT_S: Final = 65.0
EDGE_S: Final = 0.5
"""A beat this close to the start of a window is taken as the window before saw it."""
_VENTRICULAR: Final = int(BeatClass.VENTRICULAR)


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
    waves_until: int = 0
    """Absolute sample up to which ventricular waves were last found where beats should be."""

    @classmethod
    def empty(cls) -> "History":
        """Nothing seen yet."""
        nothing = np.zeros(0, np.float32)
        return cls(np.zeros(0, np.int64), np.zeros(0, np.int8), nothing, nothing, np.zeros(0, np.bool_))

    @property
    def rr_s(self) -> F64:
        """(n,) float64, s from the beat before; NaN where there is none or the signal was interrupted."""
        rr_s = np.full(self.r_peaks.size, np.nan)
        rr_s[1:] = (self.r_peaks[1:] - self.r_peaks[:-1]) / FS_HZ
        rr_s[~self.whole] = np.nan
        return rr_s

    @property
    def ventricular(self) -> Bools:
        """(n,) bool: beats of ventricular origin."""
        return np.asarray(self.klass == _VENTRICULAR)

    def since(self, sample: int) -> "History":
        """Return the beats from an absolute sample on."""
        return self._part(self._place(sample), self.r_peaks.size)

    def followed(self, end_sample: int, classes: BeatClasses, blind: I64, waves: bool = False) -> "History":
        """Take over what a newer window says of its beats.

        Parameters
        ----------
        end_sample : int
            End of the newer window; it may overlap those before or not.
        classes : BeatClasses
            Its beats.
        blind : (WINDOW_N + 1,) int64
            Its row of `engine.sight.blind_before`.
        waves : bool
            Whether it ends in ventricular waves instead of beats.

        Returns
        -------
        History
            Beats before the window as they were, those in it as they are seen now.
        """
        start = end_sample - WINDOW_N
        until = start + round(EDGE_S * FS_HZ)
        new = slice(int(classes.r_peaks.searchsorted(until)), None)
        first = int(classes.r_peaks[new.start]) if new.start < classes.r_peaks.size else None
        if first is not None:  # a beat at the seam may have moved a little
            until = min(until, first - round(REFRACTORY_S * FS_HZ))
        old = self._part(self._place(end_sample - round(KEPT_S * FS_HZ)), self._place(until))
        r_peaks = np.concatenate((old.r_peaks, classes.r_peaks[new]))
        whole = _whole(r_peaks[max(old.r_peaks.size - 1, 0) :] - start, blind)
        whole = whole[1:] if old.r_peaks.size else whole
        if first is not None and old.r_peaks.size and old.r_peaks[-1] < start:
            whole[0] = self._was_whole(first)
        return History(
            frozen(r_peaks),
            frozen(np.concatenate((old.klass, classes.klass[new]))),
            frozen(np.concatenate((old.qrs_ms, classes.qrs_ms[new]))),
            frozen(np.concatenate((old.p_wave, classes.p_wave[new]))),
            frozen(np.concatenate((old.whole, whole))),
            end_sample if waves else self.waves_until,
        )

    def _was_whole(self, r_peak: int) -> bool:
        """Whether the interval before a beat was, when the beat before it was still in the window."""
        near = round(REFRACTORY_S * FS_HZ)
        return bool(self.whole[self._place(r_peak - near + 1) : self._place(r_peak + near)].any())

    def _place(self, sample: int) -> int:
        return int(self.r_peaks.searchsorted(sample))

    def _part(self, first: int, last: int) -> "History":
        part = slice(first, last)
        return History(
            self.r_peaks[part],
            self.klass[part],
            self.qrs_ms[part],
            self.p_wave[part],
            self.whole[part],
            self.waves_until,
        )


def _whole(at: I64, blind: I64) -> Bools:
    """Whether the moments from the beat before to each beat, at places of the window, were all seen; never
    for the first beat and where the beat before lies outside.
    """
    unseen = blind[np.maximum(at, 0)]
    whole = np.zeros(at.size, np.bool_)
    whole[1:] = (unseen[1:] == unseen[:-1]) & (at[:-1] >= 0)
    return whole
