from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from engine.arrays import F32
from engine.beats import Beats
from engine.quality import Quality
from engine.scoremap import ScoreMap
from engine.span import Span
from monitor.alarms.alarm import AlarmEvent
from monitor.baseline import Note
from monitor.update import BedUpdate


@dataclass(frozen=True, slots=True, eq=False)
class Hop:
    """What one window of one bed came to, before the alarms."""

    bed: str
    start_sample: int
    """The window's start; negative while less than a window has been received."""
    end_sample: int
    quality: Quality
    beats: Beats
    score: ScoreMap
    spans: tuple[Span, ...]
    """Anomalous spans of this window alone."""
    st_mv: F32
    """(12,) float32, mV: ST levels, NaN where not measurable."""


@dataclass(frozen=True, slots=True, eq=False)
class Outcome:
    """What a window, a tick of the clock or a command changed at one bed."""

    update: BedUpdate
    events: tuple[AlarmEvent, ...] = ()
    """To be made durable before anything of this outcome is shown."""
    evidence: Mapping[str, Any] = field(default_factory=dict)
    """What the events were judged on; empty without events."""
    hop: Hop | None = None
    """None for a tick or a command."""
    notes: tuple[Note, ...] = ()
    """What became of the patient's baseline; to be made durable like the events."""
