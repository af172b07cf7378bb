from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from typing import Any, Self

from engine.window import Window
from monitor.pipeline.reading import Reading
from monitor.pipeline.rhythm_watch import RhythmWatch
from monitor.readers.guarded import ModelState


@dataclass(frozen=True, slots=True, eq=False)
class Answer:
    """What was read of a batch of windows; the windows themselves need not travel back."""

    parts: tuple[tuple[Any, ...], ...]
    """For each window, what a `Reading` says beside it."""
    watches: tuple[RhythmWatch, ...]
    state: ModelState

    @classmethod
    def of(cls, readings: Sequence[Reading], watches: Sequence[RhythmWatch], state: ModelState) -> Self:
        """Leave out what the core has, or has no use for."""
        lighter = [replace(reading, score=replace(reading.score, prepared=None)) for reading in readings]
        names = [field.name for field in fields(Reading)[1:]]
        parts = tuple(tuple(getattr(reading, name) for name in names) for reading in lighter)
        return cls(parts, tuple(watches), state)

    def readings(self, windows: Sequence[Window]) -> list[Reading]:
        """The readings, each with its window."""
        return [Reading(window, *part) for window, part in zip(windows, self.parts, strict=True)]
