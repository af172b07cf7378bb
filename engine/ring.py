from collections.abc import Iterator

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

    def resized(self, capacity_n: int) -> "Ring":
        """The same signal in a ring of another size, as much of its end as finds room."""
        other, n = Ring(capacity_n), min(capacity_n, self.capacity_n, self._head)
        other._head = self._head - n
        other.append(self._head - n, *self.read(self._head, n))
        return other

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
        end = first_sample + x.shape[1]
        self._advance(end)
        for at, places in self._stretches(max(first_sample, self._head - self.capacity_n), end):
            piece = slice(at - first_sample, at - first_sample + places.stop - places.start)
            new = valid[:, piece] & ~self._valid[:, places]
            np.copyto(self._x[:, places], x[:, piece], where=new)
            self._valid[:, places] |= new

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
        start = end_sample - n
        x, valid = np.zeros((N_LEADS, n), np.float32), np.zeros((N_LEADS, n), np.bool_)
        oldest = max(start, self._head - self.capacity_n)
        for at, places in self._stretches(oldest, min(end_sample, self._head)):
            piece = slice(at - start, at - start + places.stop - places.start)
            x[:, piece], valid[:, piece] = self._x[:, places], self._valid[:, places]
        return x, valid

    def _advance(self, end: int) -> None:
        """Move the head to `end`, if that is ahead, with every place between invalid and 0."""
        for _, places in self._stretches(max(self._head, end - self.capacity_n), end):
            self._x[:, places], self._valid[:, places] = 0.0, False
        self._head = max(self._head, end)

    def _stretches(self, start: int, end: int) -> Iterator[tuple[int, slice]]:
        """Yield where `start` to `end` lie, in one or two pieces: absolute index and places of each."""
        while start < end:
            place = start % self.capacity_n
            n = min(end - start, self.capacity_n - place)
            yield start, slice(place, place + n)
            start += n
