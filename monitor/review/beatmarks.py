"""Beats of a stretch and their classes, as the newest window knew them."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, Self

import numpy as np

from engine.arrays import I64, Bools, frozen
from engine.beatclass import I8, BeatClass
from engine.rhythm.history import History

SIGNS: Final = {
    BeatClass.UNKNOWN: "?",
    BeatClass.NORMAL: "N",
    BeatClass.SUPRAVENTRICULAR: "S",
    BeatClass.VENTRICULAR: "V",
    BeatClass.PACED: "P",
}


@dataclass(frozen=True, slots=True, eq=False)
class BeatMarks:
    """Beats in order of time."""

    r_peaks: I64
    """(n,) absolute samples."""
    klass: I8
    """(n,) values of `BeatClass`."""
    whole: Bools
    """(n,) no moment without assessable signal since the beat before."""

    @classmethod
    def of(cls, history: History) -> Self:
        """What a rhythm watch remembers of the last minute."""
        return cls(history.r_peaks, history.klass, history.whole)

    def between(self, start: int, end: int) -> "BeatMarks":
        """Beats from one sample up to another."""
        inside = (self.r_peaks >= start) & (self.r_peaks < end)
        return BeatMarks(self.r_peaks[inside], self.klass[inside], self.whole[inside])

    @classmethod
    def joined(cls, parts: Iterable["BeatMarks"]) -> "BeatMarks":
        """Join marks that follow each other."""
        every = [cls.of(History.empty()), *parts]
        return cls(
            frozen(np.concatenate([part.r_peaks for part in every])),
            frozen(np.concatenate([part.klass for part in every])),
            frozen(np.concatenate([part.whole for part in every])),
        )
