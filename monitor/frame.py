from dataclasses import dataclass

from engine.arrays import F32, Bools


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """Data messages that follow each other, decoded: the 12 standard leads at the source's own rate."""

    bed: str
    publisher: str
    seq: int
    """Number of the first message."""
    first_sample: int
    """Index of the first sample in the publisher's own count, at `fs_hz`."""
    fs_hz: float
    samples: F32
    """(12, n) float32, mV (see `calibrated`); zero wherever `valid` is false."""
    valid: Bools
    """(12, n) bool: a real sample of an attached, present lead."""
    lead_off: Bools
    """(12,) bool: leads that the device reports as detached, and those derived from them."""
    device_ns: int
    """Device clock at the first sample, 0 if unknown."""
    sent_ns: int
    """Device clock when the first message was sent, 0 if unknown."""
    arrived_ns: int
    """The monitor's clock when the last message was received."""
    calibrated: bool = True
    """False if the source does not know its amplitude: `samples` are in a unit of their own."""
    n_messages: int = 1

    @property
    def end_sample(self) -> int:
        """Index one past the last sample."""
        return self.first_sample + int(self.samples.shape[1])

    @property
    def duration_s(self) -> float:
        """Length of the signal."""
        return int(self.samples.shape[1]) / self.fs_hz
