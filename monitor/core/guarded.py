from collections.abc import Sequence

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


class GuardedScorer:
    """The model, whose failure must not take the heart-rate alarms with it: windows are then not assessed."""

    def __init__(self, scorer: Scorer) -> None:
        self._scorer = scorer
        self._ladder = scorer.ladder
        self.model = scorer.model
        self.backend = scorer.backend
        """What the model runs on now."""
        self.failing: str | None = None
        """Why the last windows were not assessed; None while the model works."""

    @property
    def degraded(self) -> str | None:
        """Why the model does not work, or works on less than it should; None while all is well."""
        if self.failing is not None or self._ladder is None:
            return self.failing
        return self._ladder.degraded

    @property
    def remarks(self) -> tuple[str, ...]:
        """What else an operator should know of the backends."""
        return () if self._ladder is None else self._ladder.remarks

    def score(self, signals: Signals, qualities: Sequence[Quality], beats: Sequence[Beats]) -> list[ScoreMap]:
        """Score, or say of every window that the model failed."""
        try:
            scores = self._scorer.score(signals, qualities, beats)
        except Exception as error:  # whatever a runtime raises; it becomes an alarm and a banner
            self.failing = f"{self.backend} fails: {str(error).splitlines()[0] if str(error) else error!r}"
            return [_not_assessed(window) for window in signals.windows]
        finally:
            if self._ladder is not None:
                self.backend = self._ladder.name
        self.failing = None
        return scores


def _not_assessed(window: Window) -> ScoreMap:
    nothing = frozen(np.zeros((N_LEADS, MAP_N), np.float32))
    reason = "starting" if window.start_sample < 0 else MODEL_FAILING
    return ScoreMap(window.bed, window.end_sample, nothing, float("nan"), 0.0, reason)
