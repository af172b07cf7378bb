from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from engine.arrays import frozen
from engine.beats import Beats
from engine.leads import N_LEADS
from engine.preprocess import MAP_N
from engine.quality import Quality
from engine.scoremap import ScoreMap
from engine.scorer import MODEL_FAILING, Scorer
from engine.signals import Signals
from engine.window import Window


@dataclass(frozen=True, slots=True)
class ModelState:
    """How the model is doing."""

    backend: str
    """What it runs on."""
    failing: str | None = None
    """Why the last windows were not assessed; None while the model works."""
    degraded: str | None = None
    """Why the model does not work, or works on less than it should; None while all is well."""
    remarks: tuple[str, ...] = ()
    """What else an operator should know of the backends."""

    def but(self, degraded: str) -> "ModelState":
        """The same, and worse."""
        return self if self.degraded else replace(self, degraded=degraded)


class GuardedScorer:
    """The model, whose failure must not take the heart-rate alarms with it: windows are then not assessed."""

    def __init__(self, scorer: Scorer) -> None:
        self._scorer = scorer
        self._ladder = scorer.ladder
        self.model = scorer.model
        self.backend = scorer.backend
        self._failing: str | None = None

    @property
    def state(self) -> ModelState:
        """How the model is doing now."""
        if self._ladder is None:
            return ModelState(self.backend, self._failing, self._failing)
        degraded = self._failing or self._ladder.degraded
        return ModelState(self.backend, self._failing, degraded, self._ladder.remarks)

    def score(self, signals: Signals, qualities: Sequence[Quality], beats: Sequence[Beats]) -> list[ScoreMap]:
        """Score, or say of every window that the model failed."""
        try:
            scores = self._scorer.score(signals, qualities, beats)
        except Exception as error:  # whatever a runtime raises; it becomes an alarm and a banner
            self._failing = f"{self.backend} fails: {str(error).splitlines()[0] if str(error) else error!r}"
            return [_not_assessed(window) for window in signals.windows]
        finally:
            if self._ladder is not None:
                self.backend = self._ladder.name
        self._failing = None
        return scores


def _not_assessed(window: Window) -> ScoreMap:
    nothing = frozen(np.zeros((N_LEADS, MAP_N), np.float32))
    reason = "starting" if window.start_sample < 0 else MODEL_FAILING
    return ScoreMap(window.bed, window.end_sample, nothing, float("nan"), 0.0, reason)
