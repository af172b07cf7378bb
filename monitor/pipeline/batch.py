from dataclasses import dataclass

from engine.patient.brief import Brief
from engine.window import Window
from monitor.pipeline.bed import Bed
from monitor.pipeline.rhythm_watch import RhythmWatch


@dataclass(frozen=True, slots=True, eq=False)
class Cut:
    """A window on its way to be read."""

    bed: Bed
    watch: RhythmWatch
    """The bed's, when the window was cut."""
    brief: Brief
    """What the bed's baseline asks of the window."""
    window: Window
    arrived_ns: int


@dataclass(frozen=True, slots=True, eq=False)
class Batch:
    """Windows that are read together; those of one bed in the order of time."""

    cuts: tuple[Cut, ...]

    @property
    def windows(self) -> list[Window]:
        """The windows."""
        return [cut.window for cut in self.cuts]

    @property
    def watches(self) -> list[RhythmWatch]:
        """For each window what is remembered of its bed's beats."""
        return [cut.watch for cut in self.cuts]

    @property
    def briefs(self) -> list[Brief]:
        """For each window what is asked of it about its patient."""
        return [cut.brief for cut in self.cuts]
