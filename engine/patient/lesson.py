"""What one assessed window teaches of a patient."""

from dataclasses import dataclass, replace
from typing import Final

from engine.arrays import F32, I64, Bools, frozen
from engine.beatclass import I8
from engine.grid import FS_HZ
from engine.models.features import irregularity
from engine.patient.usual_beat import MISSING, packed
from engine.preprocess import BEAT_N, BEFORE_R_N, MODEL_HZ, MODEL_N, ModelInput
from engine.scoremap import ScoreMap

EDGE_S: Final = 0.6
SAME_N: Final = round(0.15 * FS_HZ)
"""Beats closer than this are one beat, seen by two windows."""


@dataclass(frozen=True, slots=True, eq=False)
class Lesson:
    """Readings of one window, and the beats that no earlier lesson held."""

    end_sample: int
    """The window's end, absolute at `FS_HZ`."""
    population: float
    """Score against normal ECG of all people."""
    irregularity: float
    """Logarithm of the relative standard deviation of the RR intervals; NaN with fewer than two."""
    level: F32
    """(12,) float32, highest value of the score map in each lead."""
    r_samples: I64
    """(n,) int64, absolute R peaks of the new beats."""
    beats: I8
    """(n, 12, BEAT_N) int8, as `engine.patient.usual_beat.packed`."""

    @property
    def valid(self) -> Bools:
        """(n, 12, BEAT_N) bool: where `beats` are real."""
        there: Bools = self.beats != MISSING
        return there

    def after(self, taught_upto: int) -> "Lesson":
        """The same without beats that an earlier lesson held."""
        new = self.r_samples > taught_upto + SAME_N
        if new.all():
            return self
        return replace(self, r_samples=frozen(self.r_samples[new]), beats=frozen(self.beats[new]))


def lesson_of(score_map: ScoreMap, prepared: ModelInput, taught_upto: int) -> Lesson:
    """Take from a window what can be learned of it.

    Parameters
    ----------
    score_map : ScoreMap
        Of an assessed window, judged against all people.
    prepared : ModelInput
        The window as the model saw it, not stacked.
    taught_upto : int
        R peak of the last beat that an earlier lesson held; only later ones are taken.

    Raises
    ------
    ValueError
        For a window that was not assessed: nothing is ever learned from one.
    """
    if not score_map.assessed:
        raise ValueError(f"the window was not assessed ({score_map.reason}): nothing to learn")
    r_samples = places(score_map, prepared)
    new = comparable(prepared) & (r_samples > taught_upto + SAME_N)
    return Lesson(
        score_map.end_sample,
        float(score_map.score),
        irregularity(prepared.rr_s),
        frozen(score_map.map.max(axis=1)),
        frozen(r_samples[new]),
        frozen(packed(prepared.beats[new], prepared.beats_valid[new] > 0)),
    )


def places(score_map: ScoreMap, prepared: ModelInput) -> I64:
    """(N_BEATS,) absolute R peaks at `FS_HZ`, to the model's grid."""
    start = score_map.end_sample - MODEL_N * FS_HZ // MODEL_HZ
    found: I64 = start + (prepared.beat_starts + BEFORE_R_N) * FS_HZ // MODEL_HZ
    return found


def comparable(prepared: ModelInput) -> Bools:
    """(N_BEATS,) bool: beats that lie wholly inside the window, `EDGE_S` from its ends, where the band-pass
    filter of the finished window bends them. What lies nearer is compared in the next windows.
    """
    edge_n = round(EDGE_S * MODEL_HZ)
    found: Bools = (prepared.beat_starts >= edge_n) & (prepared.beat_starts <= MODEL_N - BEAT_N - edge_n)
    found[found] = prepared.beats_valid[found].max(axis=(1, 2)) > 0
    return found
