from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from engine.arrays import F32
from engine.beats import Beats, find_beats
from engine.patient.brief import NOTHING, Brief, OwnReading, read_own
from engine.quality import Quality, assess_quality
from engine.rhythm.rhythm import Rhythm
from engine.scoremap import ScoreMap
from engine.signals import Signals, condition
from engine.stchange import StChange
from engine.swapped import Swapped, swapped_in
from engine.vitals import Vitals, measure_vitals
from engine.window import Window
from monitor.alarms.electrodes import are_due
from monitor.pipeline.rhythm_watch import RhythmWatch, follow


class WindowScorer(Protocol):
    """The model: `engine.scorer.Scorer`, or one that survives its failure."""

    model: str
    backend: str

    def score(self, signals: Signals, qualities: Sequence[Quality], beats: Sequence[Beats]) -> list[ScoreMap]:
        """Assess windows of any beds in one batch."""


@dataclass(frozen=True, slots=True, eq=False)
class Reading:
    """All that a window says, before the patient's baseline and the alarms."""

    window: Window
    quality: Quality
    beats: Beats
    vitals: Vitals
    rhythm: Rhythm | None
    """None where it could not be judged; the watch says why."""
    st: StChange | None
    st_mv: F32
    """(12,) float32, mV: ST levels, NaN where not measurable."""
    score: ScoreMap
    swapped: tuple[Swapped, ...] | None = None
    """Electrodes in each other's place; None where that was not asked, or could not be judged."""
    own: OwnReading = NOTHING
    """What it says about its own patient, as its brief asked."""


def read(
    windows: Sequence[Window],
    watches: Sequence[RhythmWatch],
    scorer: WindowScorer,
    briefs: Sequence[Brief] | None = None,
) -> list[Reading]:
    """Read windows in one batch; those of one bed, which share its watch, in the order of time."""
    signals = condition(windows)
    qualities = assess_quality(signals)
    beats = find_beats(signals, qualities)
    rhythms = follow(watches, signals, qualities, beats)
    scores = scorer.score(signals, qualities, beats)
    vitals = measure_vitals(beats, signals, qualities)
    asked = [Brief()] * len(windows) if briefs is None else briefs
    return [
        Reading(
            window,
            quality,
            found,
            _but_in_fibrillation(measured, rhythm),
            rhythm,
            st,
            st_mv,
            score,
            _swapped(score, rhythm),
            read_own(brief, score),
        )
        for window, quality, found, measured, (rhythm, st, st_mv), score, brief in zip(
            windows, qualities, beats, vitals, rhythms, scores, asked, strict=True
        )
    ]


def _swapped(score: ScoreMap, rhythm: Rhythm | None) -> tuple[Swapped, ...] | None:
    """Asked of some windows, in which most beats are of one kind."""
    steady = rhythm is None or (rhythm.run is None and not rhythm.waves.fibrillation)
    if not steady or score.prepared is None or not are_due(score.bed, score.end_sample):
        return None
    return swapped_in(score.prepared)


def _but_in_fibrillation(vitals: Vitals, rhythm: Rhythm | None) -> Vitals:
    """Waves of fibrillation are no beats, however many a detector counts."""
    if rhythm is None or not rhythm.waves.fibrillation:
        return vitals
    return replace(vitals, heart_rate_bpm=None, rr_ms=None, rmssd_ms=None)
