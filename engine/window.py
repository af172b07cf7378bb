from dataclasses import dataclass

from engine.arrays import F32, Bools
from engine.grid import FS_HZ


@dataclass(frozen=True, slots=True, eq=False)
class Window:
    """Ten seconds of one bed, cut from its ring.

    A window is emitted at every hop, however bad its signal is: what cannot be assessed is said, not skipped.
    """

    bed: str
    end_sample: int
    """Absolute index one past the last sample, at `FS_HZ`."""
    x: F32
    """(12, WINDOW_N) float32, mV (see `calibrated`), standard lead order; zero wherever `valid` is false."""
    valid: Bools
    """(12, WINDOW_N) bool: a real sample was received here (no gap, no NaN, lead present and attached)."""
    present: Bools
    """(12,) bool: leads that the source delivers at all (or that could be derived from it)."""
    lead_off: Bools
    """(12,) bool: leads that the device reports as detached at the window's end."""
    calibrated: bool = True
    """False where the source's unit is unknown: `engine.amplitude` brings such a window to the size of a
    usual ECG before anything judges it, and its voltages mean nothing."""

    @property
    def start_sample(self) -> int:
        """Absolute index of the first sample; negative while less than a window has been received."""
        return self.end_sample - int(self.x.shape[1])

    @property
    def end_s(self) -> float:
        """Stream time of the window's end, in seconds."""
        return self.end_sample / FS_HZ
