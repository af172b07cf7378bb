"""A still of a bed's waves, to scroll through while the bed goes on."""

from copy import deepcopy
from dataclasses import dataclass, replace
from typing import Final, Self

from engine.grid import FS_HZ
from engine.ring import Ring
from monitor.tui import bigtext
from monitor.tui.bedview import BedView
from monitor.tui.marks import Marks

BACK_S: Final = 60.0
STEP_S: Final = 1.0


@dataclass(frozen=True, slots=True, eq=False)
class Frozen:
    """The waves as they were when frozen, and the moment looked at."""

    bed: str
    ring: Ring
    marks: Marks
    newest: int
    """Where the sweep stood, absolute sample."""
    end: int
    """Right edge of the page."""

    @classmethod
    def of(cls, bed: BedView) -> Self:
        """Hold the bed's waves as they are."""
        end = int(bed.shown)
        return cls(bed.bed, deepcopy(bed.ring), bed.marks, end, end)

    def scrolled(self, steps: int) -> Self:
        """Look further back (negative) or forward, within the last minute."""
        end = self.end + round(steps * STEP_S * FS_HZ)
        return replace(self, end=max(self.newest - round(BACK_S * FS_HZ), min(self.newest, end)))

    def title(self, page_s: float, tall: bool) -> tuple[str, ...]:
        """Say big that this is a still, and of when."""
        back_s = (self.newest - self.end) / FS_HZ
        when = f"{-back_s - page_s:.1f} s to {-back_s:.1f} s before freezing · ←/→ scroll · f: live again"
        return (*bigtext.small("FROZEN"), when) if tall else (f"FROZEN  {when}",)
