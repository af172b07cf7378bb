"""Windows through the live path's own functions, up to spans."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Final, Protocol

from engine.beats import Beats, find_beats
from engine.localize import localize
from engine.quality import Quality, assess_quality
from engine.scoremap import ScoreMap
from engine.span import Span
from engine.window import Window

_BATCH: Final = 16


class Scores(Protocol):
    """Whatever gives score maps: the monitor's scorer, or a model it is compared with."""

    def score(
        self, windows: Sequence[Window], qualities: Sequence[Quality], beats: Sequence[Beats]
    ) -> list[ScoreMap]:
        """Assess windows, in one batch."""


@dataclass(frozen=True, slots=True, eq=False)
class Verdict:
    """What a model says of one window."""

    found: ScoreMap
    spans: tuple[Span, ...]


def judge(scorer: Scores, windows: Iterable[Window]) -> Iterator[Verdict]:
    """Quality, beats, score and spans of each window, in order."""
    waiting = iter(windows)
    while some := list(islice(waiting, _BATCH)):
        qualities = [assess_quality(window) for window in some]
        beats = [find_beats(window, quality) for window, quality in zip(some, qualities, strict=True)]
        for found in scorer.score(some, qualities, beats):
            yield Verdict(found, localize(found))
