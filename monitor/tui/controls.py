"""What the operator has chosen: frozen values and the steps between them."""

from dataclasses import dataclass, replace
from typing import Final, Self

from engine.grid import FS_HZ
from monitor.tui.layout import Layout
from monitor.tui.raster import Scale

GAINS_MM_PER_MV: Final = (5.0, 10.0, 20.0)
SPEEDS_MM_PER_S: Final = (12.5, 25.0, 50.0)
DOT_MM: Final = 1.0
"""Width of a dot at nominal speed: 25 mm/s are 25 dots/s of 10 samples each."""
_LAYOUTS: Final = tuple(Layout)


@dataclass(frozen=True, slots=True)
class Controls:
    """The state of the screen's keys."""

    layout: Layout = Layout.AUTO
    gain_mm_per_mv: float = 10.0
    speed_mm_per_s: float = 25.0
    lead: int = 1
    """The lead of the single layout."""
    bed: str | None = None
    """None: the first that comes."""
    all_beds: bool = False
    alarm: int | None = None
    """The selected alarm's id."""

    @property
    def scale(self) -> Scale:
        """Dots for this gain and speed."""
        return Scale(round(FS_HZ * DOT_MM / self.speed_mm_per_s), self.gain_mm_per_mv)

    def next_layout(self) -> Self:
        """The next way to share the wave area."""
        return replace(self, layout=_LAYOUTS[(_LAYOUTS.index(self.layout) + 1) % len(_LAYOUTS)])

    def step_gain(self, step: int) -> Self:
        """A larger or smaller gain, within its range."""
        return replace(self, gain_mm_per_mv=_step(GAINS_MM_PER_MV, self.gain_mm_per_mv, step))

    def step_speed(self, step: int) -> Self:
        """A faster or slower sweep, within its range."""
        return replace(self, speed_mm_per_s=_step(SPEEDS_MM_PER_S, self.speed_mm_per_s, step))

    def step_lead(self, step: int) -> Self:
        """Another lead for the single layout."""
        return replace(self, lead=(self.lead + step) % 12)

    def step_alarm(self, ids: list[int], step: int) -> Self:
        """Select the next alarm of a list, or the first."""
        if not ids:
            return replace(self, alarm=None)
        if self.alarm not in ids:
            return replace(self, alarm=ids[0 if step > 0 else -1])
        return replace(self, alarm=ids[(ids.index(self.alarm) + step) % len(ids)])

    def show_bed(self, bed: str) -> Self:
        """Turn to another bed."""
        return replace(self, bed=bed, all_beds=False, alarm=None)

    def toggle_all_beds(self) -> Self:
        """Show all beds at a glance, or the one again."""
        return replace(self, all_beds=not self.all_beds)


def _step(values: tuple[float, ...], now: float, step: int) -> float:
    return values[max(0, min(len(values) - 1, values.index(now) + step))]
