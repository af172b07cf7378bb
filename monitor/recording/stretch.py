"""Signal on its way into a segment: pieces that follow each other, joined."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from engine.arrays import F32, Bools
from engine.grid import FS_HZ
from engine.leads import N_LEADS
from monitor.intake import Samples
from monitor.recording.scaling import I16

_BITS: Final = (1 << np.arange(N_LEADS)).astype(np.int16)


@dataclass(frozen=True, slots=True, eq=False)
class Stretch:
    """Some unbroken signal of one bed and one set of leads."""

    bed: str
    first_sample: int
    x: F32
    """(12, n) float32, mV."""
    valid: Bools
    """(12, n) bool."""
    mask: I16
    """(n,) bit k: lead k was reported as detached."""
    present: Bools
    """(12,) bool."""
    start_ns: int
    """Wall clock of the first sample, as received."""
    arrived_ns: int
    """When the last sample was received; before its own time where a recording is played faster."""

    @property
    def n(self) -> int:
        """Samples per lead."""
        return int(self.x.shape[1])

    def part(self, start: int, end: int) -> "Stretch":
        """Cut out what lies between two absolute samples."""
        cut = slice(start - self.first_sample, end - self.first_sample)
        start_ns = self.start_ns + (start - self.first_sample) * 1_000_000_000 // FS_HZ
        return Stretch(
            self.bed,
            start,
            self.x[:, cut],
            self.valid[:, cut],
            self.mask[cut],
            self.present,
            min(start_ns, self.arrived_ns),
            self.arrived_ns,
        )


def stretches(pieces: Sequence[Samples]) -> Iterator[Stretch]:
    """Join pieces of any beds, each bed's in order, into as few stretches as possible."""
    beds: dict[str, list[Samples]] = {}
    for piece in pieces:
        beds.setdefault(piece.bed, []).append(piece)
    for of_bed in beds.values():
        run = of_bed[:1]
        for piece in of_bed[1:]:
            same = np.array_equal(piece.present, run[-1].present)
            if piece.first_sample != run[-1].end_sample or not same:
                yield _joined(run)
                run = []
            run.append(piece)
        yield _joined(run)


def _joined(run: list[Samples]) -> Stretch:
    first = run[0]
    sizes = [int(piece.x.shape[1]) for piece in run]
    bits = np.array([(_BITS * piece.lead_off).sum() for piece in run], np.int16)
    return Stretch(
        first.bed,
        first.first_sample,
        np.concatenate([piece.x for piece in run], axis=1),
        np.concatenate([piece.valid for piece in run], axis=1),
        np.repeat(bits, sizes),
        first.present,
        first.arrived_ns - sizes[0] * 1_000_000_000 // FS_HZ,
        run[-1].arrived_ns,
    )
