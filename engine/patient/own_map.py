"""Where a window differs from what is usual for its patient."""

from typing import Final

import numpy as np

from engine.arrays import F32
from engine.models.readings import lay
from engine.models.smoothing import Smoother
from engine.models.usualsizes import INNER

MARKED_SPREADS: Final = 5.0
"""Deviation from the usual beat (root mean square over `SMOOTH_S`, in spreads) that the map shows as 1."""


def own_map(away: F32, starts: list[int], valid: F32) -> F32:
    """Deviation of every beat from the usual one, at its place.

    Parameters
    ----------
    away : (n, 12, BEAT_N) float32
        Deviation of beats from the usual beat (`UsualBeat.deviations`).
    starts : list of int
        Where they begin in the window, in order.
    valid : (12, MAP_N) float32
        1 where the window has signal.

    Returns
    -------
    (12, MAP_N) float32
        1 at `MARKED_SPREADS`; 0 between beats, without signal, and in leads that were not learned.
    """
    smoother, inner = Smoother(1), away[..., INNER]
    lay(smoother.rows, (inner * inner)[None], starts, range(len(starts)))
    smoother.keep(valid)
    found: F32 = np.sqrt(smoother.means(0))
    found /= MARKED_SPREADS
    return found
