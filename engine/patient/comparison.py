"""A window against its patient's baseline, reading by reading, and the score that joins them."""

from dataclasses import dataclass
from math import isnan, log
from typing import Final

from engine.arrays import F32

BEAT_LOG: Final = 1.5
RHYTHM_WEIGHT: Final = 2 / 3
RHYTHM_RANGE: Final = (-1.0, 4.0)
POPULATION_WEIGHT: Final = 0.3
POPULATION_RANGE: Final = (-0.5, 2.0)
STAYING_SPREADS: Final = 2.3
"""A typical beat that lies this far from the usual one, in its most changed leads, is anomalous: about what
an ST segment raised by 0.3 mV in three of twelve leads does."""
POPULATION_RISE: Final = 2.0
"""A score against all people that is this much above the patient's usual one is anomalous by itself."""
SCORE_ONE: Final = 1.9
"""Sum of the parts at the threshold; like the weights, chosen on the first half of MIT-BIH records."""


@dataclass(frozen=True, slots=True, eq=False)
class Comparison:
    """A window against its patient's baseline."""

    farthest: float
    """Distance of the beat that is farthest from the usual one, in units; NaN if no beat can be compared."""
    typical: float
    """Median distance of the beats, relative to the usual median; 1 is as always."""
    changed: float
    """How far the sample-wise median of the beats lies from the usual beat, in spreads, in the quarter of the
    leads (three at least) that changed most; 0 with fewer than three beats."""
    irregularity: float
    """How much more irregular the rhythm is than usual, in spreads; NaN with fewer than two intervals."""
    rise: float
    """Score against all people, less the patient's usual one."""
    n_beats: int
    map: F32
    """(12, MAP_N) float32."""

    @property
    def score(self) -> float:
        """1 is the threshold; NaN where fewer than two beats can be compared."""
        return max(self.passing, self.staying) if self.n_beats >= 2 else float("nan")

    @property
    def passing(self) -> float:
        """What a beat, or a beat out of turn, adds to the patient's usual ECG; 1 is the threshold."""
        irregular = 0.0 if isnan(self.irregularity) else _within(self.irregularity, RHYTHM_RANGE)
        rise = _within(self.rise, POPULATION_RANGE)
        beat = log(max(self.farthest, 0.1)) / BEAT_LOG
        return (beat + RHYTHM_WEIGHT * irregular + POPULATION_WEIGHT * rise) / SCORE_ONE

    @property
    def staying(self) -> float:
        """How far the whole ECG has moved, its typical beat or its score against all people; 1 is the
        threshold.
        """
        return max(self.changed / STAYING_SPREADS, self.rise / POPULATION_RISE)


def _within(value: float, bounds: tuple[float, float]) -> float:
    return min(max(value, bounds[0]), bounds[1])
