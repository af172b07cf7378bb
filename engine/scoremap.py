from dataclasses import dataclass

from engine.arrays import F32
from engine.preprocess import ModelInput


@dataclass(frozen=True, slots=True, eq=False)
class ScoreMap:
    """What the model says of one window: how anomalous it is, and where."""

    bed: str
    end_sample: int
    """The window's end, as in `Window.end_sample`."""
    map: F32
    """(12, MAP_N) float32, anomaly per lead and map sample (`MAP_HZ`), on a scale where 1 is the threshold a
    sample of normal ECG rarely passes; 0 where a lead was not assessable."""
    score: float
    """The window's anomaly; higher is more anomalous. NaN when the window was not assessed."""
    threshold: float
    """The score above which the window counts as anomalous."""
    reason: str | None
    """Why the window was not assessed ("starting", "gap", "lead off", "noise", ...); None when it was."""
    population: float | None = None
    """Where `score` is the patient's own (against a learned baseline): the score against normal ECG of all
    people; None where `score` itself is that."""
    prepared: ModelInput | None = None
    """The window as the model saw it, not stacked; None when it was not assessed."""

    @property
    def assessed(self) -> bool:
        """Whether the model judged this window."""
        return self.reason is None

    @property
    def anomalous(self) -> bool:
        """Whether the window was assessed and lies above the threshold."""
        return self.assessed and self.score > self.threshold
