"""Breathing and the autonomic tone behind heart-rate variability.

After the tachogram of McSharry et al. 2003: a Mayer-wave peak at 0.1 Hz and a respiratory one, each a bundle
of sinusoids of Gaussian spectrum and random phase. Written as functions of time, they need no state and never
repeat.
"""

from dataclasses import dataclass

import numpy as np

from engine.arrays import F64

MAYER_HZ = 0.1
N_SINUSOIDS = 8


@dataclass(frozen=True, slots=True, eq=False)
class Sinusoids:
    """A sum of sinusoids with unit standard deviation."""

    frequency_hz: F64
    phase_rad: F64

    def at(self, t_s: F64) -> F64:
        """Value at the times `t_s`."""
        angle = 2 * np.pi * self.frequency_hz[:, None] * t_s + self.phase_rad[:, None]
        total: F64 = np.sin(angle).sum(axis=0) * np.sqrt(2 / len(self.frequency_hz))
        return total


def around(centre_hz: float, spread_hz: float, rng: np.random.Generator) -> Sinusoids:
    """Sinusoids whose frequencies scatter around `centre_hz`."""
    return Sinusoids(rng.normal(centre_hz, spread_hz, N_SINUSOIDS), rng.uniform(0, 2 * np.pi, N_SINUSOIDS))


class Autonomic:
    """Breathing and vagal tone of one patient."""

    def __init__(self, rng: np.random.Generator) -> None:
        self.breathing = around(rng.uniform(0.21, 0.28), 0.008, rng)
        self._mayer = around(MAYER_HZ, 0.01, rng)

    def rr_variation(self, t_s: float) -> float:
        """Relative change of the RR interval, unit standard deviation; shorter while breathing in."""
        at = np.array([t_s])
        return float((-self.breathing.at(at) * 0.8 + self._mayer.at(at) * 0.6)[0])
