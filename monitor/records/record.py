from dataclasses import dataclass

from engine.arrays import F32


@dataclass(frozen=True, slots=True, eq=False)
class Record:
    """The ECG channels of a recording, or of a stretch of it."""

    name: str
    """The record's own name, without folder or extension."""
    path: str
    """Its header file."""
    fs_hz: float
    leads: tuple[str, ...]
    """ECG channels as the recording spells them."""
    samples: F32
    """(n_leads, n) float32, mV (see `calibrated`); NaN where the recording has no valid sample."""
    step_uv: tuple[float, ...]
    """Resolution of each channel, microvolts; 0 if unknown."""
    start_s: float
    """Where in the recording this stretch begins."""
    notes: tuple[str, ...]
    """What a reader of results should know: channels ignored, leads absent, unit unknown, file cut short."""
    calibrated: bool = True
    """False if the unit of a lead is no voltage: the amplitude of all is taken as unknown."""

    @property
    def duration_s(self) -> float:
        """Length of this stretch."""
        return int(self.samples.shape[1]) / self.fs_hz
