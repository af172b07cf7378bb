"""What kind each beat is: the classes of ANSI/AAMI EC57, folded to what alarms need."""

from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from engine.arrays import F32, I64, frozen

I8 = NDArray[np.int8]


class BeatClass(IntEnum):
    """Where a beat was born, as far as the surface ECG tells."""

    UNKNOWN = 0
    """Not judged: too little signal around it, or nothing to compare it with."""
    NORMAL = 1
    """The patient's dominant conduction, bundle branch block included (AAMI N)."""
    SUPRAVENTRICULAR = 2
    """Premature, with the patient's dominant QRS (AAMI S)."""
    VENTRICULAR = 3
    """Ectopic of ventricular origin, escape beats and fusion included (AAMI V and F)."""
    PACED = 4
    """Follows a pacing spike (AAMI Q)."""


@dataclass(frozen=True, slots=True, eq=False)
class BeatClasses:
    """The classes of one window's beats, and what rhythm detection needs beside them."""

    r_peaks: I64
    """(n,) int64, absolute sample indices at `FS_HZ`, ascending: those of `Beats`."""
    klass: I8
    """(n,) int8, values of `BeatClass`."""
    qrs_ms: F32
    """(n,) float32, QRS duration over all leads, ms; NaN where not measurable."""
    p_wave: F32
    """(n,) float32, evidence 0 to 1 that a P wave precedes the beat; NaN where not measurable."""

    @classmethod
    def unknown(cls, r_peaks: I64) -> "BeatClasses":
        """Beats of which nothing is known but their place."""
        n = r_peaks.size
        nothing = frozen(np.full(n, np.nan, np.float32))
        return cls(r_peaks, frozen(np.zeros(n, np.int8)), nothing, nothing)
