"""What is usual for one patient, learned from some minutes, and how windows compare with it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import isfinite, nan
from statistics import median
from typing import Final

import numpy as np

from engine.arrays import F32, F64, Bools, frozen
from engine.grid import FS_HZ, WINDOW_N
from engine.models.features import irregularity
from engine.patient.comparison import Comparison
from engine.patient.lesson import Lesson, comparable
from engine.patient.own_map import own_map
from engine.patient.template import SHIFT_N
from engine.patient.usual_beat import UsualBeat, learn_usual_beat
from engine.preprocess import BEAT_N, ModelInput
from engine.scoremap import ScoreMap

MIN_UNIT: Final = 0.5
"""Distances of beats are counted in those of the patient's own usual beats, but never in less than this."""
CLEAN: Final = 3.0
"""A window whose every beat lies nearer than so many units held usual beats alone ..."""
MIN_CLEAN: Final = 30
"""... and from so many such windows on, rhythm and score are learned from them only."""
OWN_IRREGULARITY: Final = 0.3
"""Spread that the irregularity of any rhythm may always have; the patient's own adds to it."""
MIN_CHANGED_LEADS: Final = 3
LEVEL_MARGIN: Final = 1.2
"""Marks on what is usual in a lead of this patient vanish, with this margin."""


@dataclass(frozen=True, slots=True, eq=False)
class PatientBaseline:
    """One patient's usual ECG. It never changes; another one has to be learned."""

    usual: UsualBeat
    unit: float
    """Three quarters of the usual beats lie nearer to their middle than this, in spreads."""
    typical: float
    """Usual median distance of a window's beats, in units."""
    irregularity: float
    """Usual irregularity of the rhythm (`Lesson.irregularity`); NaN if the rhythm could not be measured."""
    irregularity_spread: float
    population: float
    """Usual score against all people: below 1 the patient's ECG looks normal."""
    level: F32
    """(12,) float32, usual highest value of the score map in each lead."""
    from_sample: int
    to_sample: int
    """The signal it was learned from, absolute at `FS_HZ`."""
    model: str = ""
    """The model whose scores it was learned with."""

    @classmethod
    def learn(cls, lessons: Sequence[Lesson], model: str = "") -> "PatientBaseline | None":
        """Learn from the lessons of some minutes, in any order.

        Returns
        -------
        PatientBaseline or None
            None where there is no usual beat (`learn_usual_beat`).

        Notes
        -----
        Everything is a median, so what happens in a minority of the time is not learned as normal. Rhythm
        and score are taken from windows with usual beats alone, where there are enough of them: a premature
        beat every ten seconds is in every window, and still not the patient's normal.
        """
        lessons = sorted(lessons, key=lambda lesson: lesson.end_sample)
        if not lessons:
            return None
        r_samples, order = np.unique(
            np.concatenate([lesson.r_samples for lesson in lessons]), return_index=True
        )
        beats = np.concatenate([lesson.beats for lesson in lessons])[order]
        valid = np.concatenate([lesson.valid for lesson in lessons])[order].astype(np.float32)
        usual = learn_usual_beat(beats, valid)
        if usual is None:
            return None
        distance, _ = usual.distances(beats, valid)
        unit = _unit(distance, usual.share)
        farthest, middle = _by_window(lessons, r_samples, distance / unit)
        clean = np.flatnonzero(farthest < CLEAN)
        chosen = clean if clean.size >= MIN_CLEAN else np.arange(len(lessons))
        irregularity = np.array([lessons[i].irregularity for i in chosen])
        centre = _median(irregularity)
        return cls(
            usual=usual,
            unit=unit,
            typical=max(_median(middle[chosen]), MIN_UNIT),
            irregularity=centre,
            irregularity_spread=float(
                np.hypot(np.nan_to_num(1.4826 * _median(np.abs(irregularity - centre))), OWN_IRREGULARITY)
            ),
            population=_median(np.array([lessons[i].population for i in chosen])),
            level=frozen(np.median([lessons[i].level for i in chosen], axis=0).astype(np.float32)),
            from_sample=lessons[0].end_sample - WINDOW_N,
            to_sample=lessons[-1].end_sample,
            model=model,
        )

    @property
    def learned_s(self) -> float:
        """Length of the signal it was learned from."""
        return (self.to_sample - self.from_sample) / FS_HZ

    @property
    def is_abnormal(self) -> bool:
        """Whether the patient's usual ECG itself lies above the threshold of normal ECG."""
        return self.population > 1

    def compare(self, score_map: ScoreMap, prepared: ModelInput) -> Comparison:
        """Compare an assessed window, judged against all people, with what is usual."""
        chosen = np.flatnonzero(comparable(prepared))
        distance, away = self.usual.deviations(prepared.beats[chosen], prepared.beats_valid[chosen])
        seen = np.isfinite(distance)
        if not seen.all():
            chosen, distance, away = chosen[seen], distance[seen], away[seen]
        own = (distance / self.unit).tolist()
        usual_level = np.where(self.usual.leads, np.maximum(1.0, LEVEL_MARGIN * self.level), np.float32(1))
        marked = own_map(away, prepared.beat_starts[chosen].tolist(), prepared.valid)
        return Comparison(
            farthest=max(own, default=nan),
            typical=median(own) / self.typical if own else nan,
            changed=_changed(away, prepared.beats_valid[chosen], self.usual.leads),
            irregularity=(irregularity(prepared.rr_s) - self.irregularity) / self.irregularity_spread,
            rise=float(score_map.score) - self.population,
            n_beats=len(own),
            map=np.maximum(score_map.map / usual_level[:, None], marked, out=marked),
        )

    def judge(self, score_map: ScoreMap, comparison: Comparison) -> ScoreMap:
        """Put the patient's own score and map in place of those against all people.

        A window that cannot be compared (no beats, no learned lead) keeps its score against all people: what
        is not known to be usual is not excused.
        """
        score = comparison.score
        if not isfinite(score):
            return score_map
        return replace(
            score_map,
            map=frozen(comparison.map),
            score=score,
            threshold=1.0,
            population=float(score_map.score),
        )


def _unit(distance: F64, share: float) -> float:
    """Three quarters of the usual beats' distances; they are the nearest `share` of all."""
    nearest = np.sort(distance[np.isfinite(distance)])
    return max(float(np.quantile(nearest[: max(1, round(share * nearest.size))], 0.75)), MIN_UNIT)


def _by_window(lessons: Sequence[Lesson], r_samples: F64, distance: F64) -> tuple[F64, F64]:
    """Farthest and median distance of the beats of each lesson's window; infinite without any."""
    ends = np.array([lesson.end_sample for lesson in lessons], np.int64)
    first, last = np.searchsorted(r_samples, (ends - WINDOW_N, ends))
    place = first[:, None] + np.arange(int((last - first).max()))
    inside = np.where(place < last[:, None], distance[np.minimum(place, distance.size - 1)], np.nan)
    ordered = np.sort(inside, axis=1)  # NaN last
    n, row = np.isfinite(ordered).sum(axis=1), np.arange(len(lessons))
    middle = (ordered[row, np.maximum(n - 1, 0) // 2] + ordered[row, n // 2]) / 2
    return np.where(n > 0, ordered[row, n - 1], np.inf), middle


def _changed(away: F32, valid: F32, learned: Bools) -> float:
    """Root mean square of the sample-wise median deviation, over the learned leads where it is largest."""
    whole: Bools = valid.min(axis=2) > 0
    n_whole = whole.sum(axis=0)
    leads = np.flatnonzero((n_whole >= 3) & learned)
    if not leads.size:
        return 0.0
    inner = away[:, :, SHIFT_N : BEAT_N - SHIFT_N]
    if not whole.all():
        inner = np.where(whole[:, :, None], inner, np.float32(np.inf))
    ordered, n = np.sort(inner, axis=0), n_whole[leads]
    middle = (ordered[(n - 1) // 2, leads] + ordered[n // 2, leads]) / 2
    lead_rms: F32 = np.sqrt((middle**2).sum(axis=1) / middle.shape[1])
    return _rms(np.sort(lead_rms)[-max(-(-leads.size // 4), MIN_CHANGED_LEADS) :])


def _rms(values: F32) -> float:
    return float(np.sqrt(np.mean(values**2)))


def _median(values: F64) -> float:
    real = values[np.isfinite(values)]
    return float(np.median(real)) if real.size else float("nan")
