"""What makes one patient differ from the next: size and position of the heart."""

import numpy as np

from engine.arrays import F64
from simulators.patient.lead_field import LEAD_FIELD


def patient_lead_field(seed: int) -> F64:
    """(12, 3) lead field of one patient: the common one, the heart turned and its voltage scaled a little."""
    rng = np.random.default_rng([seed, 0])
    gain = float(np.exp(np.clip(rng.normal(0, 0.07), -0.15, 0.15)))
    ax, ay, az = np.clip(rng.normal(0, np.radians(4), 3), -np.radians(8), np.radians(8))
    turned: F64 = LEAD_FIELD @ _turn(1, 2, ax) @ _turn(0, 2, ay) @ _turn(0, 1, az) * gain
    return turned


def _turn(a: int, b: int, angle_rad: float) -> F64:
    matrix = np.eye(3)
    matrix[[a, b], [a, b]] = np.cos(angle_rad)
    matrix[a, b], matrix[b, a] = -np.sin(angle_rad), np.sin(angle_rad)
    return matrix
