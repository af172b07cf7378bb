from dataclasses import dataclass
from enum import IntEnum

from engine.arrays import F32, Bools


class LeadState(IntEnum):
    """Signal state of one lead over a window, worst last. Only `OK` leads are assessed."""

    OK = 0
    NOISY = 1
    SATURATED = 2
    FLAT = 3
    GAP = 4
    OFF = 5
    ABSENT = 6


@dataclass(frozen=True, slots=True, eq=False)
class Quality:
    """Signal quality of a window, lead by lead."""

    state: tuple[LeadState, ...]
    """12 states in standard lead order."""
    index: F32
    """(12,) float32, 0 (unusable) to 1 (clean)."""

    @property
    def assessable(self) -> Bools:
        """(12,) bool: leads good enough for beats and for the model."""
        raise NotImplementedError
