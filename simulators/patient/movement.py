"""Movement of an electrode on the skin."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from engine.arrays import F64
from simulators.patient.lead_field import ELECTRODES

SETTLED_S: Final = 3.0


@dataclass(frozen=True, slots=True)
class Movement:
    """A jolt of one electrode that swings and settles within `SETTLED_S`."""

    electrode: int
    time_s: float
    size_mv: float
    swing_hz: float

    def at(self, t_s: F64) -> F64:
        """(n,) mV at the times `t_s`."""
        since = np.maximum(t_s - self.time_s, 0)
        swing = np.cos(2 * np.pi * self.swing_hz * since)
        jolt: F64 = self.size_mv * (1 - np.exp(-since / 0.02)) * np.exp(-since / 0.35) * swing
        return jolt


def draw_movements(
    rng: np.random.Generator, start_s: float, duration_s: float, per_minute: float
) -> tuple[Movement, ...]:
    """Movements at random times of a stretch."""
    n = int(rng.poisson(per_minute * duration_s / 60))
    return tuple(
        Movement(
            int(rng.integers(len(ELECTRODES))),
            start_s + float(rng.uniform(0, duration_s)),
            float(rng.normal(0, 0.8)),
            float(rng.uniform(0.5, 3.0)),
        )
        for _ in range(n)
    )
