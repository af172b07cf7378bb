"""Millivolts to 16 bits and back: a microvolt per step unless a lead's offset or range asks for more."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from engine.arrays import F32, F64, I64, Bools

I16 = NDArray[np.int16]

INVALID: Final = -32768
"""WFDB's "no valid sample here" in formats 16 and 516."""
STEPS_PER_MV: Final = 1000.0
ROOM: Final = 30000
"""Steps to either side of the middle that a new scaling may use; the rest is reserve."""


@dataclass(frozen=True, slots=True, eq=False)
class Scaling:
    """WFDB's gain and baseline of each lead: step = mV * gain + baseline."""

    gain: F64
    """(n,) steps per mV."""
    baseline: I64
    """(n,) step that stands for 0 mV."""

    @classmethod
    def holding(cls, low_mv: F64, high_mv: F64) -> "Scaling":
        """Give a scaling in which (n,) `low_mv` to `high_mv` fit; the finest one wherever that suffices."""
        half_mv = (high_mv - low_mv) / 2
        coarser = np.ceil(np.log2(np.maximum(half_mv * STEPS_PER_MV / ROOM, 1.0)))
        gain = STEPS_PER_MV / 2.0**coarser
        far = np.maximum(np.abs(low_mv), np.abs(high_mv)) * gain > ROOM
        baseline = np.where(far, np.rint(-(low_mv + high_mv) / 2 * gain), 0.0)
        return cls(gain, baseline.astype(np.int64))

    def fits(self, low_mv: F64, high_mv: F64) -> bool:
        """Whether (n,) `low_mv` to `high_mv` can be written."""
        steps = np.array([low_mv, high_mv]) * self.gain + self.baseline
        return bool((np.abs(steps) <= -INVALID - 1).all())

    def steps(self, x: F32, valid: Bools) -> I16:
        """(n, m) mV to steps; `INVALID` where not valid."""
        steps = np.rint(x * self.gain[:, None] + self.baseline[:, None])
        return np.where(valid, steps, INVALID).astype(np.int16)

    def millivolts(self, steps: I16) -> F32:
        """(n, m) steps to mV; NaN where invalid."""
        x: F32 = ((steps - self.baseline[:, None]) / self.gain[:, None]).astype(np.float32)
        return np.where(steps == INVALID, np.float32(np.nan), x)


def extremes(x: F32, valid: Bools) -> tuple[F64, F64]:
    """Lowest and highest valid value of each row; 0 where there is none."""
    low = np.where(valid, x, np.inf).min(axis=1, initial=np.inf)
    high = np.where(valid, x, -np.inf).max(axis=1, initial=-np.inf)
    there = np.isfinite(low)
    return np.where(there, low, 0.0).astype(np.float64), np.where(there, high, 0.0).astype(np.float64)
