from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Vitals:
    """Numerics of one window. `None` means "not measurable", never "zero"."""

    heart_rate_bpm: float | None
    """60 / median RR interval of the last beats."""
    rr_ms: float | None
    """Median RR interval, ms."""
    rmssd_ms: float | None
    """Root mean square of successive RR differences, ms."""
    since_last_beat_s: float | None
    """Seconds from the last R peak to the window's end; None without an assessable lead."""
    n_beats: int
