"""What the core tells its viewers; frozen snapshots, complete in themselves."""

from dataclasses import dataclass, field
from typing import Literal

from engine.arrays import F32, Bools
from engine.quality import LeadState
from engine.span import Span
from engine.vitals import Vitals
from monitor.alarms.alarm import Alarm
from monitor.baseline.status import BaselineStatus


@dataclass(frozen=True, slots=True, eq=False)
class WaveChunk:
    """New samples of one bed, as the pipeline sees them."""

    bed: str
    first_sample: int
    """Absolute index at `FS_HZ`."""
    x: F32
    """(12, n) float32, mV."""
    valid: Bools
    """(12, n) bool."""


@dataclass(frozen=True, slots=True)
class Coverage:
    """How a bed's seconds ended since the core started: assessed, or not assessed and why."""

    assessed_s: float = 0.0
    not_assessed_s: float = 0.0
    by_reason: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Source:
    """The publisher behind a bed."""

    state: Literal["waiting", "live", "lost", "bye"]
    device: str = ""
    patient: str = ""
    """Pseudonym, never a name."""
    fs_hz: float = 0.0
    absent: tuple[str, ...] = ()
    """Standard leads that the source neither delivers nor lets derive."""
    replayed: bool = False
    """From a recording or a simulator: no patient who is there now."""
    counters: dict[str, int] = field(default_factory=dict)
    """Gaps, duplicates, reorderings, restarts, bad messages since the core started."""
    simulated: bool = False
    """A synthetic patient."""
    calibrated: bool = True
    """False if its amplitude is unknown: its samples are no millivolts."""


@dataclass(frozen=True, slots=True)
class BedUpdate:
    """Everything a viewer shows of one bed besides its waveforms; sent at every hop and alarm event."""

    bed: str
    end_sample: int
    source: Source
    vitals: Vitals
    lead_states: tuple[LeadState, ...]
    """12, standard order."""
    quality: tuple[float, ...]
    """12 quality indices, 0 to 1."""
    score: float | None
    """None when not assessed."""
    threshold: float
    reason: str | None
    """Why the newest window was not assessed; None when it was."""
    spans: tuple[Span, ...]
    """Anomalous spans of the last windows, merged, absolute samples."""
    r_peaks: tuple[int, ...]
    """R peaks of the newest window, absolute samples."""
    alarms: tuple[Alarm, ...]
    """Every alarm that is active, acknowledged or latched, most urgent first."""
    coverage: Coverage
    latency_ms: float
    """From the arrival of the window's last sample to this update."""
    time_ns: int
    audio_paused_until_ns: int = 0
    population_score: float | None = None
    """Where `score` is measured against the patient's own baseline: the score against normal ECG of all
    people; None where `score` itself is that, or there is none."""
    baseline: BaselineStatus | None = None
    """What `score` is measured against; None before the first window."""
    rhythm: str = ""
    """What stands out of the rhythm (`V tach`, `bigeminy`); empty where nothing does."""
    pvc_per_min: int | None = None
    """Ventricular beats in the last minute; None before the first window."""


@dataclass(frozen=True, slots=True)
class CoreStatus:
    """The core's own life sign, sent every second whether or not a bed is there."""

    time_ns: int
    version: str
    backend: str
    beds: tuple[str, ...]
    journal: str
    """"ok", or why alarms are not being written."""
    latency_p50_ms: float
    latency_p99_ms: float
    alarms_per_bed_hour: float
    banners: tuple[str, ...] = ()
    """Sentences that must stay on the screen: insecure, backend degraded, journal failing."""
