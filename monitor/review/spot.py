"""Where in the recording the operator looks, and how large."""

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final, Self, TypeVar

from engine.grid import FS_HZ
from monitor.review.line import AlarmLine
from monitor.tui.controls import DOT_MM, GAINS_MM_PER_MV, SPEEDS_MM_PER_S
from monitor.tui.raster import Scale

BEFORE_SHARE: Final = 3
"""The moment looked at stands at this part of the picture: a third of it is before."""
TREND_PAGES_S: Final = (600, 1800, 3600, 14400, 28800, 86400)
STRETCHES_S: Final = (60, 120, 300, 900, 1800)
N = TypeVar("N", int, float)
S_NS: Final = 1_000_000_000


class Panel(StrEnum):
    """What the lower part of the screen shows."""

    WAVES = "waveform"
    TRENDS = "trends"
    VARIABILITY = "variability"


class Leads(StrEnum):
    """Which leads are drawn, and how."""

    AUTO = "auto"
    """Those the alarm is about, as many as there is room for."""
    STACKED = "12x1"
    COLUMNS = "6x2"
    SINGLE = "single"


@dataclass(frozen=True, slots=True)
class Spot:
    """A moment of one bed."""

    bed: str
    run: str
    sample: int
    """Absolute, in its run."""
    time_ns: int
    """Wall clock of the same moment."""

    @classmethod
    def of(cls, line: AlarmLine) -> Self:
        """The onset of an alarm."""
        return cls(line.bed, line.run, line.onset_sample, line.onset_ns)

    def moved(self, seconds: float) -> Self:
        """A later or, below zero, an earlier moment."""
        n = round(seconds * FS_HZ)
        return replace(self, sample=self.sample + n, time_ns=self.time_ns + n * S_NS // FS_HZ)


@dataclass(frozen=True, slots=True)
class Looks:
    """How large things are drawn, and which of them."""

    panel: Panel = Panel.WAVES
    leads: Leads = Leads.AUTO
    lead: int = 1
    """Of the single layout."""
    gain_mm_per_mv: float = 10.0
    speed_mm_per_s: float = 25.0
    ghost: bool = False
    """The restored signal is drawn beside the real one."""
    listed: bool = True
    """The list of alarms is on the screen."""
    trend_s: int = 3600
    stretch_s: int = 300

    @property
    def scale(self) -> Scale:
        """Dots for this gain and speed."""
        return Scale(round(FS_HZ * DOT_MM / self.speed_mm_per_s), self.gain_mm_per_mv)

    def step_panel(self, step: int) -> Self:
        """The next panel."""
        panels = tuple(Panel)
        return replace(self, panel=panels[(panels.index(self.panel) + step) % len(panels)])

    def step_leads(self) -> Self:
        """Another choice of leads."""
        ways = tuple(Leads)
        return replace(self, leads=ways[(ways.index(self.leads) + 1) % len(ways)])

    def step_lead(self, step: int) -> Self:
        """Another single lead."""
        return replace(self, leads=Leads.SINGLE, lead=(self.lead + step) % 12)

    def step_gain(self, step: int) -> Self:
        """Larger or smaller waves."""
        return replace(self, gain_mm_per_mv=_step(GAINS_MM_PER_MV, self.gain_mm_per_mv, step))

    def zoom(self, step: int) -> Self:
        """More time on the screen (below zero) or less: of whatever the panel shows."""
        if self.panel is Panel.TRENDS:
            return replace(self, trend_s=_step(TREND_PAGES_S, self.trend_s, -step))
        if self.panel is Panel.VARIABILITY:
            return replace(self, stretch_s=_step(STRETCHES_S, self.stretch_s, -step))
        return replace(self, speed_mm_per_s=_step(SPEEDS_MM_PER_S, self.speed_mm_per_s, step))


def _step(values: tuple[N, ...], now: N, step: int) -> N:
    return values[max(0, min(len(values) - 1, values.index(now) + step))]
