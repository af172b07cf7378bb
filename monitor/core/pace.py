"""What to do when windows come faster than they can be assessed: look at fewer, evenly, and say so."""

from dataclasses import dataclass, replace
from typing import Final

LATE_MS: Final = 2000.0
"""From this latency on, windows are cut further apart."""
PROMPT_MS: Final = 500.0
SETTLE_NS: Final = 2_000_000_000
"""A wider hop gets this long to take effect before it is widened again."""
CALM_NS: Final = 30_000_000_000
"""After so long without lateness windows are cut closer together again."""


@dataclass(frozen=True, slots=True)
class Pace:
    """How many hops lie between two windows of a bed, and since when."""

    stride: int = 1
    changed_ns: int = 0
    late_ns: int = 0
    """When a window was last not prompt."""

    def after(self, latency_ms: float, now_ns: int, max_stride: int) -> "Pace":
        """Widen when late, narrow after a calm time."""
        late_ns = self.late_ns if latency_ms < PROMPT_MS else now_ns
        if latency_ms > LATE_MS and now_ns - self.changed_ns > SETTLE_NS and self.stride < max_stride:
            return Pace(min(2 * self.stride, max_stride), now_ns, late_ns)
        if self.stride > 1 and now_ns - max(late_ns, self.changed_ns) > CALM_NS:
            return Pace(self.stride // 2, now_ns, late_ns)
        return replace(self, late_ns=late_ns)
