"""Where a window differs from what is usual for its patient."""

from typing import Final

import numpy as np

from engine.arrays import F32
from engine.models.readings import overlap
from engine.models.smoothing import Smoother
from engine.preprocess import BEAT_N, ModelInput

EDGE_N: Final = 4
"""Samples at the ends of a beat that are left to the next beat."""
MARKED_SPREADS: Final = 5.0
"""Deviation from the usual beat (root mean square over `SMOOTH_S`, in spreads) that the map shows as 1."""


def own_map(away: F32, prepared: ModelInput) -> F32:
    """Deviation of every beat from the usual one, at its place.

    Parameters
    ----------
    away : (N_BEATS, 12, BEAT_N) float32
        Deviation of the window's beats from the usual beat (`UsualBeat.away`).
    prepared : ModelInput
        The window, not stacked.

    Returns
    -------
    (12, MAP_N) float32
        1 at `MARKED_SPREADS`; 0 between beats, without signal, and in leads that were not learned.
    """
    smoother = Smoother(1)
    (window,) = smoother.rows
    squares = (away * away)[:, :, EDGE_N:-EDGE_N]
    for row in np.flatnonzero(squares.any(axis=(1, 2))).tolist():
        place, part = overlap(int(prepared.beat_starts[row]) + EDGE_N, BEAT_N - 2 * EDGE_N)
        np.maximum(window[:, place], squares[row, :, part], out=window[:, place])
    smoother.keep(prepared.valid)
    found: F32 = np.sqrt(smoother.means(0))
    found /= MARKED_SPREADS
    return found
