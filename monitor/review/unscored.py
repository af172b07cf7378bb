from collections.abc import Sequence
from typing import Final

from engine.beats import Beats
from engine.quality import Quality
from engine.scoremap import ScoreMap
from engine.scorer import not_assessed_map
from engine.signals import Signals

NOT_ASKED: Final = "not asked"


class Unscored:
    """Stands in for the model where only beats are wanted."""

    model = "none"
    backend = "none"

    def score(self, signals: Signals, qualities: Sequence[Quality], beats: Sequence[Beats]) -> list[ScoreMap]:
        """Judge nothing."""
        return [not_assessed_map(window, NOT_ASKED) for window in signals.windows]
