from dataclasses import dataclass

from engine.arrays import F32, Bools


@dataclass(frozen=True, slots=True, eq=False)
class Samples:
    """A piece of one bed's signal on the common grid, ready for its ring."""

    bed: str
    first_sample: int
    """Absolute index at `FS_HZ`; pieces of a bed rise and never overlap, a jump is a gap."""
    x: F32
    """(12, m) float32, mV (see `calibrated`); zero wherever `valid` is false."""
    valid: Bools
    """(12, m) bool."""
    lead_off: Bools
    """(12,) bool: leads that the device reports as detached."""
    present: Bools
    """(12,) bool: leads that the source delivers, or that could be derived."""
    arrived_ns: int
    """When the message with the newest of these samples was received."""
    calibrated: bool = True
    """False if the source does not know its amplitude: `x` is in a unit of its own."""

    @property
    def end_sample(self) -> int:
        """Index one past the last sample."""
        return self.first_sample + int(self.x.shape[1])
