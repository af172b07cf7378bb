from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np

from engine.amplitude import UsualSize
from engine.arrays import Bools, frozen
from engine.grid import FS_HZ, WINDOW_N
from engine.ring import Ring
from engine.window import Window
from monitor.intake import Samples

RING_N: Final = WINDOW_N + 2 * FS_HZ
"""Signal kept per bed: a window, and what comes while it is read ..."""
MAX_RING_N: Final = 30 * FS_HZ
"""... and what may wait for its windows while the monitor is behind."""


@dataclass(frozen=True, slots=True, eq=False)
class Piece:
    """How a piece of signal came in; the samples themselves lie in the ring."""

    first_sample: int
    end_sample: int
    arrived_ns: int
    present: Bools
    lead_off: Bools
    calibrated: bool = True


class Stream:
    """The samples of one bed, and the windows that are due."""

    def __init__(self, bed: str, hop_n: int) -> None:
        self.bed = bed
        self.next_end = hop_n
        """End of the next regular window."""
        self.last_end = 0
        """End of the newest window that was cut."""
        self.ended = False
        """The source took its leave: one last window, wherever its samples end."""
        self._hop_n = hop_n
        self._ring = Ring(RING_N)
        self._usual_size = UsualSize()
        none = frozen(np.zeros(12, np.bool_))
        self._newest = Piece(0, 0, 0, none, none)
        self._pieces: deque[Piece] = deque()
        """Pieces that no window has ended in or after yet, in order."""

    @property
    def head(self) -> int:
        """Absolute index one past the newest sample."""
        return self._ring.head

    @property
    def present(self) -> Bools:
        """(12,) bool: leads that the source delivers or lets derive."""
        return self._newest.present

    @property
    def arrived_ns(self) -> int:
        """When the newest sample was received."""
        return self._newest.arrived_ns

    def push(self, samples: Samples) -> None:
        """Take in the next piece; samples in millivolts and in an unknown unit are never in one ring."""
        if samples.calibrated != self._newest.calibrated:
            self._ring = Ring(RING_N)
            self._usual_size.reset()
        self._make_room(samples.end_sample)
        self._ring.append(samples.first_sample, samples.x, samples.valid)
        self._newest = Piece(
            samples.first_sample,
            samples.end_sample,
            samples.arrived_ns,
            samples.present,
            samples.lead_off,
            samples.calibrated,
        )
        self._pieces.append(self._newest)
        self.ended = False

    @property
    def next_due(self) -> int:
        """Where the next window will end of those that cannot be cut yet."""
        return max(self.next_end, (self.head // self._hop_n + 1) * self._hop_n)

    @property
    def is_due(self) -> bool:
        """Whether a window can be cut."""
        return self.next_end <= self.head or (self.ended and self.last_end < self.head)

    def due(self, stride: int) -> Iterator[int]:
        """Ends of the windows that can be cut now; the last of an ended source need not lie on a hop."""
        last, end = self.last_end, self.next_end
        while end <= self.head:
            yield end
            last, end = end, end + stride * self._hop_n
        if self.ended and last < self.head:
            yield self.head

    def cut(self, end_sample: int, stride: int) -> tuple[Window, int]:
        """Return the window that ends there, at the size of a usual ECG if its unit is unknown, and when its
        last sample was received.
        """
        piece = self._piece_at(end_sample)
        x, valid = self._ring.read(end_sample, WINDOW_N)
        window = Window(
            self.bed,
            end_sample,
            frozen(x),
            frozen(valid),
            piece.present,
            piece.lead_off,
            self._newest.calibrated,
        )
        self.last_end = end_sample
        self.next_end = (end_sample // self._hop_n + stride) * self._hop_n
        self._make_room(self.head)
        return self._usual_size.of(window), piece.arrived_ns

    def skipped(self) -> tuple[int, str] | None:
        """Move on past windows that the ring no longer holds; tell up to where, and why they were missed."""
        oldest_end = self.head - MAX_RING_N + WINDOW_N
        if self.next_end >= oldest_end:
            return None
        upto = -(-oldest_end // self._hop_n) * self._hop_n
        unseen = [piece for piece in self._pieces if piece.end_sample > self.last_end]
        received = bool(unseen) and unseen[0].first_sample < oldest_end - WINDOW_N
        self.next_end, self.last_end = upto, upto - self._hop_n
        self._forget(self.last_end)
        return self.last_end, "lag" if received else "gap"

    def snapshot(self, n: int) -> Samples:
        """Return the newest samples, for a viewer that has just come."""
        x, valid = self._ring.read(self.head, n)
        newest = self._newest
        return Samples(
            self.bed,
            self.head - n,
            x,
            valid,
            newest.lead_off,
            newest.present,
            newest.arrived_ns,
            newest.calibrated,
        )

    def _make_room(self, end_sample: int) -> None:
        """Keep all from the beginning of the next window up to `end_sample`; in less, once nothing waits."""
        wanted_n, capacity_n = end_sample - (self.next_end - WINDOW_N), self._ring.capacity_n
        if wanted_n > RING_N:
            capacity_n = MAX_RING_N
        elif wanted_n <= WINDOW_N:
            capacity_n = RING_N
        if capacity_n != self._ring.capacity_n:
            self._ring = self._ring.resized(capacity_n)

    def _piece_at(self, end_sample: int) -> Piece:
        """Return the piece that completed the window, or the last before it when it ends in a gap."""
        self._forget(end_sample)
        return self._pieces[0] if self._pieces else self._newest

    def _forget(self, end_sample: int) -> None:
        """Drop pieces that ended before the one in which the window ends."""
        while len(self._pieces) > 1 and self._pieces[0].end_sample < end_sample:
            self._pieces.popleft()
