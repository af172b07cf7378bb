"""Which sample of a recording came at which moment of the clock."""

from collections.abc import Iterable

import numpy as np

from engine.grid import FS_HZ

S_NS = 1_000_000_000


class StreamClock:
    """Between moments of which the sample is known; real time before and after them."""

    def __init__(self, known: Iterable[tuple[int, int]]) -> None:
        """Take (time in ns, sample) pairs, at least one; a later moment is never of an earlier sample."""
        pairs = np.array(sorted(known), np.int64)
        self._origin_ns = int(pairs[0, 0])
        self._at_ns = (pairs[:, 0] - self._origin_ns).astype(float)
        self._samples = np.maximum.accumulate(pairs[:, 1])

    def sample_at(self, time_ns: int) -> int:
        """The newest sample at that moment."""
        at_ns = float(time_ns - self._origin_ns)
        beyond_ns = min(at_ns - self._at_ns[0], 0.0) + max(at_ns - self._at_ns[-1], 0.0)
        return int(np.interp(at_ns, self._at_ns, self._samples) + beyond_ns * FS_HZ / S_NS)
