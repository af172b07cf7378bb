from collections.abc import Sequence
from typing import Final

from engine.beats import Beats
from engine.quality import Quality
from engine.scoremap import ScoreMap
from engine.scorer import not_assessed_map
from engine.signals import Signals

WHY: Final = "no model"


class SilentScorer:
    """Stands in for the model where only beats and rhythm are evaluated: every window is not assessed."""

    model = "none"
    backend = "none"

    def score(self, signals: Signals, qualities: Sequence[Quality], beats: Sequence[Beats]) -> list[ScoreMap]:
        """Say of each window that nothing assessed it."""
        return [not_assessed_map(window, WHY) for window in signals.windows]
