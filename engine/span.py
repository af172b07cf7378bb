from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of one lead that the model marks as anomalous; it stays put while the sweep moves on."""

    lead: int
    """Index into `engine.leads.LEADS`."""
    onset: int
    """Absolute index of the first anomalous sample at `FS_HZ`."""
    offset: int
    """Absolute index one past the last anomalous sample."""
    strength: float
    """Largest value of the score map inside the span (1 is the map's threshold)."""
