"""From the heart's dipole and the electrodes' potentials to the 12 leads.

The dipole's axes are Frank's: x to the left, y to the feet, z to the back. The eight independent rows start
from Dower's transform (Dower, Machado and Osborne 1980, "On deriving the electrocardiogram from
vectorcardiographic leads") and were moved slightly, by ridge-penalized alternating least squares, towards the
median normal beat of PTB-XL (Wagner et al. 2020, CC BY 4.0), so that every lead of the fitted normal beat has
the amplitude that the population has.
"""

from typing import Final

import numpy as np

from engine.arrays import F64, frozen

ELECTRODES: Final = ("RA", "LA", "LL", "V1", "V2", "V3", "V4", "V5", "V6")


def _goldberger(i: F64, ii: F64) -> list[F64]:
    """The six limb leads from I and II."""
    return [i, ii, ii - i, -(i + ii) / 2, i - ii / 2, ii - i / 2]


def _lead_field() -> F64:
    independent = np.array(
        [
            [0.680, -0.112, 0.012],  # I
            [0.238, 1.078, -0.128],  # II
            [-0.468, 0.153, -0.790],  # V1
            [0.026, 0.247, -1.673],  # V2
            [0.841, 0.040, -1.165],  # V3
            [1.199, -0.008, -0.438],  # V4
            [1.114, 0.040, -0.028],  # V5
            [0.851, 0.094, 0.165],  # V6
        ]
    )
    return np.stack([*_goldberger(independent[0], independent[1]), *independent[2:]])


def _montage() -> F64:
    """Each lead as a combination of electrode potentials; chest leads refer to Wilson's terminal."""
    unit = np.eye(len(ELECTRODES))
    ra, la, ll = unit[:3]
    wilson = (ra + la + ll) / 3
    return np.stack([*_goldberger(la - ra, ll - ra), *(chest - wilson for chest in unit[3:])])


LEAD_FIELD: Final = frozen(_lead_field())
"""(12, 3): lead voltage, mV, per unit of dipole."""

MONTAGE: Final = frozen(_montage())
"""(12, 9): lead voltage per electrode potential."""


def leads_fed_by(electrodes: tuple[str, ...]) -> tuple[int, ...]:
    """Indices of the leads that are lost when `electrodes` come off."""
    columns = [ELECTRODES.index(name) for name in electrodes]
    return tuple(int(i) for i in np.flatnonzero(np.any(MONTAGE[:, columns] != 0, axis=1)))
