"""A stretch of recorded signal, as review and export use it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from engine.arrays import F32, Bools
from engine.grid import FS_HZ

AMPLITUDE_UNKNOWN: Final = "unknown"
"""What `about["amplitude"]` says of a source whose samples are no millivolts."""


@dataclass(frozen=True, slots=True, eq=False)
class Strip:
    """What is stored of one bed between two absolute samples of one run."""

    bed: str
    run: str
    start_sample: int
    x: F32
    """(12, n) float32, mV at `FS_HZ`; NaN where there is no valid sample."""
    stored: Bools
    """(n,) bool: a readable segment covers this sample, even if its signal is invalid there."""
    lead_off: Bools
    """(12, n) bool: leads that the device reported as detached."""
    present: Bools
    """(12,) bool: leads that the source delivered, or that were derived, somewhere in the strip."""
    start_ns: int
    """Wall clock of the first sample; 0 if nothing is stored."""
    about: Mapping[str, str] = field(default_factory=dict)
    """Of the source: device, patient, source_hz, kind, amplitude."""
    damage: tuple[str, ...] = ()
    """Sentences about segments that are there but cannot be read."""

    @property
    def valid(self) -> Bools:
        """(12, n) bool: a real sample."""
        valid: Bools = np.isfinite(self.x)
        return valid

    @property
    def calibrated(self) -> bool:
        """Whether `x` really is in mV; otherwise the source did not know its amplitude."""
        return self.about.get("amplitude") != AMPLITUDE_UNKNOWN

    @property
    def n(self) -> int:
        """Samples per lead."""
        return int(self.x.shape[1])

    @property
    def end_sample(self) -> int:
        """Absolute index one past the last sample."""
        return self.start_sample + self.n

    def time_ns(self, sample: int) -> int:
        """Wall clock of an absolute sample, counted from the strip's start."""
        return self.start_ns + (sample - self.start_sample) * 1_000_000_000 // FS_HZ


def stretches_of(mask: Bools) -> list[tuple[int, int]]:
    """First and one-past-last index of every run of True in a (n,) mask."""
    edges = np.flatnonzero(np.diff(np.concatenate(([0], mask.astype(np.int8), [0]))))
    return [(int(start), int(end)) for start, end in zip(edges[::2], edges[1::2], strict=True)]
