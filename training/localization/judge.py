"""Windows through the live path's own functions, up to spans."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Final, Protocol

from engine.beats import Beats, find_beats
from engine.localize import localize
from engine.quality import Quality, assess_quality
from engine.scoremap import ScoreMap
from engine.signals import Signals, condition
from engine.span import Span
from engine.window import Window

_BATCH: Final = 16


class Scores(Protocol):
    """Whatever gives score maps: the monitor's scorer, or a model it is compared with."""

    def score(self, signals: Signals, qualities: Sequence[Quality], beats: Sequence[Beats]) -> list[ScoreMap]:
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
        signals = condition(some)
        qualities = assess_quality(signals)
        for found in scorer.score(signals, qualities, find_beats(signals, qualities)):
            yield Verdict(found, localize(found))
