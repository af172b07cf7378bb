"""When a heart could be seen: some assessable lead was being received."""

from collections.abc import Sequence

import numpy as np

from engine.arrays import I64, Bools
from engine.quality import Quality
from engine.signals import Signals


def blind_before(signals: Signals, qualities: Sequence[Quality]) -> I64:
    """Count the moments at which nothing could be seen.

    Parameters
    ----------
    signals : Signals
        Windows of WINDOW_N samples.
    qualities : sequence of Quality
        Which of their leads are assessable.

    Returns
    -------
    (B, WINDOW_N + 1) int64
        How many such samples lie before each place of the window: equal at two places if every moment between
        them was seen.
    """
    assessable = np.stack([quality.assessable for quality in qualities])
    blind = np.zeros((len(signals), signals.received.shape[2] + 1), np.int64)
    for i in np.flatnonzero(~(assessable & signals.whole).any(axis=1)):
        blind[i] = blind_in(signals.received[i], assessable[i])
    return blind


def blind_in(received: Bools, assessable: Bools) -> I64:
    """(n + 1,) int64, the same for one window: `received` (12, n), `assessable` (12,)."""
    seen = np.logical_or.reduce(received[assessable], axis=0)
    return np.concatenate(([0], np.cumsum(~seen)))
