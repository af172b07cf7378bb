from dataclasses import replace
from typing import Final

import numpy as np

from engine.beats import Beats
from engine.grid import FS_HZ, WINDOW_N
from engine.leads import N_LEADS
from engine.localize import merge_spans
from engine.quality import LeadState
from engine.span import Span
from engine.vitals import Vitals
from engine.window import Window
from monitor.alarms.alarm import Kind, Priority
from monitor.alarms.evidence import evidence_of
from monitor.alarms.machine import AlarmMachine, Events
from monitor.alarms.observation import Observation
from monitor.alarms.state import HOLDING, MachineState
from monitor.baseline import BaselineWatch
from monitor.coverage import extended, start_assessed
from monitor.pipeline.outcome import Hop, Outcome
from monitor.pipeline.rhythm_watch import RhythmWatch
from monitor.pipeline.stream import Stream
from monitor.update import BedUpdate, Coverage, Source

SPANS_KEPT_N: Final = 60 * FS_HZ
"""Spans that ended longer ago are no longer shown."""
ECG_BEATS: Final = 3
"""So many beats in one window show that an ECG is attached."""
NOTHING_MEASURED: Final = Vitals(None, None, None, None, 0)
LOST: Final = {"lost": "source lost", "bye": "source ended", "waiting": "no samples yet"}


class Bed:
    """What is remembered of one bed between its windows, and how an observation changes it."""

    def __init__(
        self, name: str, hop_n: int, machine: AlarmMachine, state: MachineState, baseline: BaselineWatch
    ) -> None:
        self.stream = Stream(name, hop_n)
        self.baseline = baseline
        self.rhythm = RhythmWatch()
        self.is_read = False
        """Whether a window of this bed is being read."""
        self.state = state
        self.ever_valid = False
        self.told_ns = 0
        """When the machine last saw this bed."""
        self._name = name
        self._hop_n = hop_n
        self._machine = machine
        self._last_beat: int | None = None
        self._coverage = Coverage()
        self._covered_n = 0
        self._spans: tuple[Span, ...] = ()
        self.update = self._blank()

    @property
    def is_grave(self) -> bool:
        """Whether a patient alarm of high priority holds: nothing is learned as usual meanwhile."""
        return any(
            alarm.priority is Priority.HIGH and alarm.kind is Kind.PATIENT and alarm.phase in HOLDING
            for alarm in self.state.alarms
        )

    def since_last_beat_s(self, beats: Beats, vitals: Vitals, end_sample: int) -> float | None:
        """Seconds since the last beat ever seen; None while no lead could show one."""
        if beats.r_peaks.size:
            self._last_beat = max(self._last_beat or 0, int(beats.r_peaks[-1]))
            self.ever_valid = self.ever_valid or beats.r_peaks.size >= ECG_BEATS
        if vitals.since_last_beat_s is None or self._last_beat is None:
            return vitals.since_last_beat_s
        return (end_sample - self._last_beat) / FS_HZ

    def hop(self, hop: Hop, window: Window, observation: Observation, now_ns: int) -> Outcome:
        """Let a window pass through the alarms; give what viewers and the journal must know."""
        events = self._judge(observation, now_ns)
        self._cover(hop.end_sample, hop.score.reason)
        if self._spans or hop.spans:
            kept = [span for span in self._spans if span.offset > hop.end_sample - SPANS_KEPT_N]
            self._spans = tuple(merge_spans(kept, hop.spans))
        score, rhythm = hop.score, observation.rhythm
        self.update = BedUpdate(
            bed=self._name,
            end_sample=hop.end_sample,
            source=observation.source,
            vitals=_since(observation.vitals or NOTHING_MEASURED, observation.since_last_beat_s),
            lead_states=hop.quality.state,
            quality=tuple(hop.quality.index.tolist()),
            score=float(score.score) if score.assessed else None,
            threshold=float(score.threshold),
            reason=score.reason,
            spans=self._spans,
            r_peaks=tuple(hop.beats.r_peaks.tolist()),
            alarms=self.state.alarms,
            coverage=self._coverage,
            latency_ms=observation.latency_ms,
            time_ns=now_ns,
            audio_paused_until_ns=self.state.audio_paused_until_ns(now_ns),
            population_score=score.population,
            baseline=self.baseline.status,
            rhythm="" if rhythm is None else rhythm.label,
            pvc_per_min=None if rhythm is None else rhythm.pvc_per_min,
        )
        notes = self.baseline.take_notes()
        return Outcome(self.update, events, self._evidence(events, observation), hop, notes)

    def tick(self, observation: Observation, now_ns: int) -> Outcome:
        """Let time pass without a window: what was measured of a source that is gone is no longer shown."""
        events = self._judge(observation, now_ns)
        gone = LOST.get(observation.source.state)
        if observation.source.state == "lost":
            silent_n = (now_ns - self.stream.arrived_ns) * FS_HZ // 1_000_000_000
            self._cover((self.stream.head + silent_n) // self._hop_n * self._hop_n, gone)
        self.update = self._with_alarms(observation.source, now_ns)
        if gone:
            self.update = replace(
                self.update,
                vitals=NOTHING_MEASURED,
                score=None,
                population_score=None,
                reason=gone,
                r_peaks=(),
                latency_ms=0.0,
                rhythm="",
                pvc_per_min=None,
            )
        return Outcome(self.update, events, self._evidence(events, observation))

    def changed(self, state: MachineState, events: Events, now_ns: int) -> Outcome:
        """Take over what a command did to the alarms."""
        self.state = state
        self.update = replace(self._with_alarms(self.update.source, now_ns), baseline=self.baseline.status)
        return Outcome(self.update, events, notes=self.baseline.take_notes())

    def missed(self, upto: int, reason: str) -> None:
        """Own up to windows that were never cut."""
        self._cover(upto, reason)

    def _judge(self, observation: Observation, now_ns: int) -> Events:
        self.state, events = self._machine.step(self.state, observation, now_ns)
        self.told_ns = now_ns
        return events

    def _cover(self, upto: int, reason: str | None) -> None:
        seconds = (upto - self._covered_n) / FS_HZ
        self._coverage = extended(self._coverage, seconds, reason)
        if reason is None and upto >= WINDOW_N > self._covered_n:
            self._coverage = start_assessed(self._coverage, seconds)
        self._covered_n = max(self._covered_n, upto)

    def _evidence(self, events: Events, observation: Observation) -> dict[str, object]:
        return evidence_of(observation, self.state.limits) if events else {}

    def _with_alarms(self, source: Source, now_ns: int) -> BedUpdate:
        return replace(
            self.update,
            source=source,
            alarms=self.state.alarms,
            coverage=self._coverage,
            time_ns=now_ns,
            audio_paused_until_ns=self.state.audio_paused_until_ns(now_ns),
        )

    def _blank(self) -> BedUpdate:
        return BedUpdate(
            bed=self._name,
            end_sample=0,
            source=Source("waiting"),
            vitals=NOTHING_MEASURED,
            lead_states=(LeadState.ABSENT,) * N_LEADS,
            quality=tuple(np.zeros(N_LEADS).tolist()),
            score=None,
            threshold=0.0,
            reason=LOST["waiting"],
            spans=(),
            r_peaks=(),
            alarms=self.state.alarms,
            coverage=self._coverage,
            latency_ms=0.0,
            time_ns=0,
        )


def _since(vitals: Vitals, last_beat_s: float | None) -> Vitals:
    """Vitals with the time since the last beat that was ever seen, be it before the window."""
    if vitals.since_last_beat_s == last_beat_s:
        return vitals
    return replace(vitals, since_last_beat_s=last_beat_s)
