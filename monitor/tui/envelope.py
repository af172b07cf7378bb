"""What a column of dots must show: the range its samples span, about a baseline that follows the signal."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from engine.arrays import F32, Bools
from engine.grid import FS_HZ
from engine.ring import Ring

BASELINE_S: Final = 3.0
"""A trace is drawn about the mean of its last seconds, so that wander does not carry it out of its lane."""
_BASELINE_N: Final = int(BASELINE_S * FS_HZ)


@dataclass(frozen=True, slots=True, eq=False)
class Envelope:
    """Columns of dots of all leads."""

    low: F32
    """(12, n) float32, mV about the baseline."""
    high: F32
    """(12, n) float32, mV about the baseline."""
    valid: Bools
    """(12, n) bool: at least one real sample fell into the column."""


def measure_envelope(
    ring: Ring, first_column: int, n_columns: int, samples_per_dot: int, end: int
) -> Envelope:
    """Envelope of the columns from `first_column` on; column k begins at sample k * samples_per_dot.

    Samples at `end` and later are left out (not shown yet). Each column starts at the last sample of the one
    before it, so that steep flanks are drawn without holes.
    """
    lead_in = _BASELINE_N + 1
    n = n_columns * samples_per_dot
    stop = first_column * samples_per_dot + n
    x, valid = ring.read(stop, n + lead_in)
    if stop > end:
        valid = valid & (np.arange(stop - n - lead_in, stop) < end)
    shown: Bools = valid[:, lead_in - 1 :]
    level = x[:, lead_in - 1 :] - _baseline(x, valid)
    above = np.where(shown, level, np.inf)
    below = np.where(shown, level, -np.inf)
    columns = (x.shape[0], n_columns, samples_per_dot)
    first = slice(0, n, samples_per_dot)  # the sample just before each column
    return Envelope(
        low=np.minimum(above[:, 1:].reshape(columns).min(axis=2), above[:, first]).astype(np.float32),
        high=np.maximum(below[:, 1:].reshape(columns).max(axis=2), below[:, first]).astype(np.float32),
        valid=np.any(shown[:, 1:].reshape(columns), axis=2),
    )


def _baseline(x: F32, valid: Bools) -> F32:
    """Mean of the valid samples of the last `BASELINE_S`, for every sample after the lead-in less one."""
    total = np.cumsum(np.where(valid, x, 0.0), axis=1, dtype=np.float64)
    count = np.cumsum(valid, axis=1, dtype=np.int64)
    n = x.shape[1] - _BASELINE_N
    sums = total[:, -n:] - total[:, :n]
    counts = count[:, -n:] - count[:, :n]
    mean: F32 = (sums / np.maximum(counts, 1)).astype(np.float32)
    return mean
