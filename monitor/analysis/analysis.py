import math
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Final

import numpy as np

from engine.arrays import F32, I64, Bools
from engine.grid import FS_HZ, HOP_S, WINDOW_S
from engine.scorer import Scorer
from engine.span import Span
from monitor.alarms.alarm import Alarm
from monitor.analysis.alarm_track import AlarmTrack
from monitor.analysis.beat_track import BeatTrack
from monitor.analysis.map_track import MapTrack
from monitor.analysis.span_track import SpanTrack
from monitor.pipeline import Hop, Outcome, Pipeline
from monitor.records import Record, to_messages
from monitor.update import Coverage
from monitor.wire import Message

BED: Final = "analysis.1"
CHUNK_S: Final = 4.0
CHUNKS_PER_STEP: Final = 4
"""Signal taken in before windows are cut: 16 s, two full batches at a hop of 1 s."""


@dataclass(frozen=True, slots=True)
class WindowResult:
    """One window of the recording; a recording shorter than a window has one, not assessed."""

    start_s: float
    end_s: float
    score: float | None
    threshold: float
    reason: str | None
    """Why it was not assessed; None when it was."""


@dataclass(frozen=True, slots=True, eq=False)
class Analysis:
    """What the monitor would have said of a recording. Samples are counted at `FS_HZ` from its start."""

    record: Record
    present: Bools
    """(12,) bool: leads delivered or derived."""
    r_peaks: I64
    windows: tuple[WindowResult, ...]
    spans: tuple[Span, ...]
    alarms: tuple[Alarm, ...]
    coverage: Coverage
    map_track: MapTrack

    @property
    def score_map(self) -> F32:
        """(12, n) float32 at the recording's rate: mean of the windows that overlap, 0 where not assessed."""
        return self.map_track.at_rate(self.record.fs_hz, self.record.samples.shape[1])

    @property
    def heart_rate_bpm(self) -> float | None:
        """60 / median RR interval of the whole recording."""
        if self.r_peaks.size < 2:
            return None
        return 60.0 * FS_HZ / float(np.median(np.diff(self.r_peaks)))


def analyze(record: Record, scorer: Scorer, hop_s: float = HOP_S) -> Analysis:
    """Run a recording through the pipeline, exactly as if a device had sent it."""
    beats, spans, score_map, alarms = BeatTrack(), SpanTrack(), MapTrack(record.duration_s), AlarmTrack()
    pipeline = Pipeline(scorer, hop_s)
    windows: list[WindowResult] = []
    for outcome in play(pipeline, record):
        for event in outcome.events:
            alarms.add(event)
        if (hop := outcome.hop) is not None:
            for track in (beats, spans, score_map):
                track.add(hop)
            if hop.start_sample >= 0:
                windows.append(_window_result(hop))
    return Analysis(
        record=record,
        present=pipeline.known(BED).stream.present,
        r_peaks=beats.finish(),
        windows=tuple(windows) or (_too_short(record),),
        spans=spans.finish(),
        alarms=alarms.finish(),
        coverage=pipeline.known(BED).update.coverage,
        map_track=score_map,
    )


def play(pipeline: Pipeline, record: Record) -> Iterator[Outcome]:
    """Play the recording, in the recording's own time."""
    messages = to_messages(record, BED, CHUNK_S)
    now_ns = 0
    while batch := list(islice(messages, CHUNKS_PER_STEP)):
        for message in batch:
            now_ns += _duration_ns(message)
            pipeline.receive_message(message, now_ns)
        while outcomes := pipeline.step():
            yield from outcomes


def _duration_ns(message: Message) -> int:
    n_samples, fs_hz = getattr(message, "n_samples", 0), getattr(message, "fs_hz", 1.0)
    return round(1e9 * n_samples / fs_hz)


def _window_result(hop: Hop) -> WindowResult:
    score = float(hop.score.score)
    return WindowResult(
        hop.start_sample / FS_HZ,
        hop.end_sample / FS_HZ,
        score if hop.score.assessed and math.isfinite(score) else None,
        float(hop.score.threshold),
        hop.score.reason,
    )


def _too_short(record: Record) -> WindowResult:
    reason = f"the record is shorter than a window of {WINDOW_S} s"
    return WindowResult(0.0, record.duration_s, None, math.nan, reason)
