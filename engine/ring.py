import numpy as np

from engine.arrays import F32, Bools
from engine.leads import N_LEADS


class Ring:
    """The last samples of one bed with their validity, addressed by absolute index.

    What was never received is invalid; it is never interpolated. Late or backfilled data fill only places
    that are still invalid: a sample once received stands.

    Parameters
    ----------
    capacity_n : int
        Samples kept per lead.
    """

    def __init__(self, capacity_n: int) -> None:
        self._x: F32 = np.zeros((N_LEADS, capacity_n), np.float32)
        self._valid: Bools = np.zeros((N_LEADS, capacity_n), np.bool_)
        self._head = 0

    @property
    def capacity_n(self) -> int:
        """Samples kept per lead."""
        return int(self._x.shape[1])

    @property
    def head(self) -> int:
        """Absolute index one past the newest sample; 0 while empty."""
        return self._head

    def append(self, first_sample: int, x: F32, valid: Bools) -> None:
        """Store samples, wherever they belong.

        A jump ahead leaves the skipped places invalid; what is older than the ring is dropped.

        Parameters
        ----------
        first_sample : int
            Absolute index of the first column.
        x : (12, n) float32
            mV; anything where invalid.
        valid : (12, n) bool
            Which samples are real.
        """
        self._advance(first_sample + x.shape[1])
        oldest = self._head - self.capacity_n
        skip = max(0, oldest - first_sample)
        x, valid = x[:, skip:], valid[:, skip:]
        at = np.arange(first_sample + skip, first_sample + skip + x.shape[1]) % self.capacity_n
        new = valid & ~self._valid[:, at]
        self._x[:, at] = np.where(new, x, self._x[:, at])
        self._valid[:, at] |= new

    def read(self, end_sample: int, n: int) -> tuple[F32, Bools]:
        """Copy the `n` samples before `end_sample`.

        Parameters
        ----------
        end_sample : int
            Absolute index one past the last sample wanted; may lie ahead of `head`, the start may lie before
            anything kept: such places are invalid.
        n : int
            Samples wanted.

        Returns
        -------
        x : (12, n) float32
            mV, 0 where invalid.
        valid : (12, n) bool
        """
        wanted = np.arange(end_sample - n, end_sample)
        kept = (wanted >= self._head - self.capacity_n) & (wanted < self._head)
        at = wanted % self.capacity_n
        valid = self._valid[:, at] & kept
        return np.where(valid, self._x[:, at], np.float32(0)), valid

    def _advance(self, end: int) -> None:
        """Move the head to `end`, if that is ahead, with every place between invalid."""
        if end <= self._head:
            return
        stale = np.arange(max(self._head, end - self.capacity_n), end) % self.capacity_n
        self._valid[:, stale] = False
        self._head = end
