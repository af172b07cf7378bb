from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from engine.arrays import F32
from engine.beats import Beats, find_beats
from engine.patient.baseline import PatientBaseline
from engine.patient.comparison import Comparison
from engine.quality import Quality, assess_quality
from engine.rhythm.rhythm import Rhythm
from engine.scoremap import ScoreMap
from engine.signals import Signals, condition
from engine.stchange import StChange
from engine.vitals import Vitals, measure_vitals
from engine.window import Window
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
    own: Comparison | None = None
    """With what is usual for the patient; None where nothing was learned, or it could not be compared."""


def read(
    windows: Sequence[Window],
    watches: Sequence[RhythmWatch],
    scorer: WindowScorer,
    baselines: Sequence[PatientBaseline | None] | None = None,
) -> list[Reading]:
    """Read windows in one batch; those of one bed, which share its watch, in the order of time."""
    signals = condition(windows)
    qualities = assess_quality(signals)
    beats = find_beats(signals, qualities)
    rhythms = follow(watches, signals, qualities, beats)
    scores = scorer.score(signals, qualities, beats)
    vitals = measure_vitals(beats, signals, qualities)
    learned = [None] * len(windows) if baselines is None else baselines
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
            None if baseline is None else _compared(baseline, score),
        )
        for window, quality, found, measured, (rhythm, st, st_mv), score, baseline in zip(
            windows, qualities, beats, vitals, rhythms, scores, learned, strict=True
        )
    ]


def _compared(baseline: PatientBaseline, score: ScoreMap) -> Comparison | None:
    """None where that fails: whoever judges the window will see why."""
    if score.prepared is None or not score.assessed:
        return None
    try:
        return baseline.compare(score, score.prepared)
    except Exception:  # whatever odd beats provoke
        return None


def _but_in_fibrillation(vitals: Vitals, rhythm: Rhythm | None) -> Vitals:
    """Waves of fibrillation are no beats, however many a detector counts."""
    if rhythm is None or not rhythm.waves.fibrillation:
        return vitals
    return replace(vitals, heart_rate_bpm=None, rr_ms=None, rmssd_ms=None)
