"""What the alarm machine is told of a bed: once per hop, and on ticks of the clock while nothing arrives."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from engine.arrays import Bools, frozen
from engine.beats import Beats
from engine.grid import FS_HZ
from engine.quality import LeadState, Quality
from engine.rhythm.rhythm import Rhythm
from engine.scoremap import ScoreMap
from engine.span import Span
from engine.stchange import StChange
from engine.swapped import Swapped
from engine.vitals import Vitals
from engine.window import Window
from monitor.baseline.status import BaselineStatus
from monitor.intake.tally import Finding as IntakeFinding
from monitor.update import Source


@dataclass(frozen=True, slots=True, eq=False)
class Observation:
    """One hop of a bed (`hop` true: a window was cut), or a tick (no window: only link and system)."""

    bed: str
    end_sample: int
    """End of the newest window, absolute at `FS_HZ`; on a tick that of the last hop (0 before the first)."""
    source: Source
    hop: bool = False
    quality: Quality | None = None
    beats: Beats | None = None
    vitals: Vitals | None = None
    score: ScoreMap | None = None
    spans: tuple[Span, ...] = ()
    """Anomalous spans of this window, absolute samples."""
    seen: Bools | None = None
    """(n,) bool per window sample: at least one assessable lead was really received there."""
    since_last_beat_s: float | None = None
    """Seconds from the last beat ever seen, which may lie before the window, to the window's end."""
    ever_valid: bool = False
    """Whether this bed ever showed an ECG with beats; before that, detached leads are quiet."""
    missing_s: float = 0.0
    """Seconds of the window in which no attached lead delivered a sample."""
    findings: tuple[IntakeFinding, ...] = ()
    """What the intake says of the link: `clock_step`, `two_publishers`, `no_samples`, ..."""
    latency_ms: float = 0.0
    """From the arrival of the window's last sample to now."""
    backend_degraded: str | None = None
    """Which backend serves instead of which, and why; None when all is well."""
    journal_failing: str | None = None
    """Why alarms are not being written; None when they are."""
    recording_failing: str | None = None
    """Why waveforms are not being stored; None when they are, or nobody asked for it."""
    rhythm_failing: str | None = None
    """Why beat classes and rhythm of this window are not known; None when they are."""
    model: str = ""
    """Hash of the model's weights and threshold, for the evidence."""
    baseline: BaselineStatus | None = None
    """What the score is measured against; None on a tick."""
    rhythm: Rhythm | None = None
    """What beats and waves mean together; None on a tick."""
    st: StChange | None = None
    """ST levels against the patient's own; None while these are learned, or not measurable."""
    swapped: tuple[Swapped, ...] | None = None
    """Electrodes in each other's place; None where that was not asked, or could not be judged."""

    @property
    def lead_states(self) -> tuple[LeadState, ...]:
        """12 states in standard order; empty on a tick."""
        return self.quality.state if self.quality is not None else ()

    @property
    def n_assessable(self) -> int:
        """Number of leads good enough to judge."""
        return self.lead_states.count(LeadState.OK)

    def reports(self, name: str) -> bool:
        """Whether the intake reports this of the link."""
        return bool(self.findings) and any(finding.name == name for finding in self.findings)


def observe_hop(
    window: Window,
    quality: Quality,
    beats: Beats,
    vitals: Vitals,
    score: ScoreMap | None,
    spans: Sequence[Span],
    source: Source,
    *,
    since_last_beat_s: float | None = None,
    ever_valid: bool = True,
    findings: Sequence[IntakeFinding] = (),
    latency_ms: float = 0.0,
    backend_degraded: str | None = None,
    journal_failing: str | None = None,
    recording_failing: str | None = None,
    rhythm_failing: str | None = None,
    model: str = "",
    baseline: BaselineStatus | None = None,
    rhythm: Rhythm | None = None,
    st: StChange | None = None,
    swapped: tuple[Swapped, ...] | None = None,
) -> Observation:
    """Gather what one hop says of a bed."""
    seen = _received(window.valid, quality.assessable)
    return Observation(
        bed=window.bed,
        end_sample=window.end_sample,
        source=source,
        hop=True,
        quality=quality,
        beats=beats,
        vitals=vitals,
        score=score,
        spans=tuple(spans),
        seen=seen,
        since_last_beat_s=since_last_beat_s,
        missing_s=0.0 if seen.all() else _missing_s(window),
        ever_valid=ever_valid,
        findings=tuple(findings),
        latency_ms=latency_ms,
        backend_degraded=backend_degraded,
        journal_failing=journal_failing,
        recording_failing=recording_failing,
        rhythm_failing=rhythm_failing,
        model=model,
        baseline=baseline,
        rhythm=rhythm,
        st=st,
        swapped=swapped,
    )


def _received(valid: Bools, leads: Bools) -> Bools:
    """(n,) bool: samples that at least one of some leads received; mostly one of them received all."""
    for lead in np.flatnonzero(leads).tolist():
        of_lead: Bools = valid[lead]
        if np.count_nonzero(of_lead) == of_lead.size:
            return of_lead
    received: Bools = np.logical_or.reduce(valid[leads], axis=0)
    return frozen(received)


def _missing_s(window: Window) -> float:
    attached = window.present & ~window.lead_off
    if not attached.any():
        return 0.0  # nothing is attached: that is "lead off", not a gap
    since_start = _received(window.valid, attached)[max(0, -window.start_sample) :]
    return (since_start.size - int(np.count_nonzero(since_start))) / FS_HZ
