"""How a change in the heart, or at an electrode, shows in the 12 leads."""

from typing import Final

import numpy as np

from engine.arrays import F64, frozen
from engine.leads import LEADS

ELECTRODES: Final = ("RA", "LA", "LL", "V1", "V2", "V3", "V4", "V5", "V6")
LIMB_N: Final = 6


def limb_leads(i: F64, avf: F64) -> F64:
    """(6, n): I, II, III, aVR, aVL, aVF from I and aVF (Einthoven, Goldberger)."""
    ii, iii = avf + i / 2, avf - i / 2
    return np.stack([i, ii, iii, -(i + ii) / 2, (i - iii) / 2, avf])


def _dipole_field() -> F64:
    """Dower's transform (Dower, Machado and Osborne 1980); x to the left, y to the feet, z to the back."""
    i, ii = np.array([0.632, -0.235, 0.059]), np.array([0.235, 1.066, -0.132])
    chest = [
        [-0.515, 0.157, -0.917],
        [0.044, 0.164, -1.387],
        [0.882, 0.098, -1.277],
        [1.213, 0.127, -0.601],
        [1.125, 0.127, -0.086],
        [0.831, 0.076, 0.230],
    ]
    return np.concatenate((limb_leads(i, ii - i / 2), chest))


def _electrode_field() -> F64:
    """Chest leads refer to Wilson's terminal."""
    unit = np.eye(len(ELECTRODES))
    ra, la, ll = unit[:3]
    return np.concatenate((limb_leads(la - ra, ll - (ra + la) / 2), unit[3:] - (ra + la + ll) / 3))


DIPOLE_FIELD: Final = frozen(_dipole_field())
"""(12, 3): mV in each lead per mV of dipole."""

ELECTRODE_FIELD: Final = frozen(_electrode_field())
"""(12, 9): mV in each lead per mV at an electrode."""

ST_PATTERNS: Final = {
    "anterior": {"V1": 0.6, "V2": 1.0, "V3": 1.0, "V4": 0.7},
    "inferior": {
        "I": -0.3,
        "II": 0.7,
        "III": 1.0,
        "aVR": -0.2,
        "aVL": -0.65,
        "aVF": 0.85,
    },
    "lateral": {
        "I": 0.8,
        "II": 0.3,
        "III": -0.5,
        "aVR": -0.55,
        "aVL": 0.65,
        "aVF": -0.1,
        "V4": 0.3,
        "V5": 0.8,
        "V6": 1.0,
    },
}
"""Share of an ST shift that each lead shows, reciprocal leads included; limb leads obey Einthoven."""


def st_weights(territory: str) -> F64:
    """(12,) share of an ST shift in each lead."""
    pattern = ST_PATTERNS[territory]
    return np.array([pattern.get(lead, 0.0) for lead in LEADS])
