"""Injury and repolarization changes by territory, as additions to the dipole.

A territory is a direction: the dipole that raises its leads through the lead field and lowers the opposite
ones.
"""

from typing import Final

import numpy as np

from engine.arrays import F64
from engine.leads import LEADS
from simulators.patient.lead_field import LEAD_FIELD

TERRITORIES: Final[dict[str, tuple[str, ...]]] = {
    "anterior": ("V1", "V2", "V3", "V4"),
    "inferior": ("II", "III", "aVF"),
    "lateral": ("I", "aVL", "V5", "V6"),
}

_WISHES: Final[dict[str, dict[str, float]]] = {
    "anterior": {"V1": 0.7, "V2": 1.1, "V3": 1.2, "V4": 0.9, "I": 0.2, "aVF": -0.3},
    "inferior": {"II": 0.9, "III": 1.2, "aVF": 1.05, "I": -0.3, "aVL": -0.7, "V2": -0.4, "V5": 0.0},
    "lateral": {
        "I": 0.9,
        "aVL": 1.0,
        "V3": 0.0,
        "V4": 0.6,
        "V5": 0.9,
        "V6": 1.0,
        "III": -0.8,
        "aVF": -0.3,
        "V2": -0.1,
    },
}
"""Changes asked of some leads, relative to the strongest; the nearest dipole is taken."""


def direction(territory: str) -> F64:
    """(3,) dipole that changes the territory's most affected lead by 1 mV."""
    wishes = _WISHES[territory]
    rows = LEAD_FIELD[[LEADS.index(lead) for lead in wishes]]
    dipole = np.linalg.lstsq(rows, np.array(list(wishes.values())), rcond=None)[0]
    strongest = max(float(LEAD_FIELD[LEADS.index(lead)] @ dipole) for lead in TERRITORIES[territory])
    scaled: F64 = dipole / strongest
    return scaled


T_INVERSION_MV: Final = {"anterior": 0.75, "inferior": 0.45, "lateral": 0.5}
"""How far the T wave of the most affected lead moves down: past zero from its normal height."""

_ST_SHAPE: Final = ((25, 22, 0.62), (75, 34, 0.72), (135, 42, 0.80), (195, 40, 0.62))
_T_SHAPE: Final = ((155, 38, 0.25), (190, 34, 0.85), (235, 36, 0.20))
"""(ms after the J point, width ms, share of the peak)."""


def st_waves(injury_mv: F64) -> tuple[F64, F64, F64]:
    """Centres and widths, seconds after the J point, and (m, 3) dipoles of an injury current."""
    return _waves(_ST_SHAPE, injury_mv)


def t_waves(change_mv: F64) -> tuple[F64, F64, F64]:
    """The same for a change of the T wave."""
    return _waves(_T_SHAPE, change_mv)


def _waves(shape: tuple[tuple[float, float, float], ...], dipole_mv: F64) -> tuple[F64, F64, F64]:
    table = np.array(shape)
    return table[:, 0] / 1e3, table[:, 1] / 1e3, np.outer(table[:, 2], dipole_mv)
