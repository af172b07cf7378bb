"""The clock of the sweep: chunks arrive in bursts, the picture must glide."""

from typing import Final

from engine.grid import FS_HZ

TARGET_LAG_S: Final = 0.25
"""Signal kept in hand, so that a late chunk does not stop the sweep."""
MAX_LAG_S: Final = 1.5
"""Further behind than this (a fast replay, a stalled terminal), the sweep jumps."""
_PULL_PER_S: Final = 2.5
"""How fast a lag other than the target is made good: a replay at up to four times real time still glides."""


def advance(shown: float, head: int, elapsed_s: float) -> float:
    """Where the sweep stands `elapsed_s` later, in samples; never past `head`, the end of the signal."""
    target = head - TARGET_LAG_S * FS_HZ
    if head - shown > MAX_LAG_S * FS_HZ:
        return target
    if shown > head:  # the stream started anew
        return float(head)
    pull = (target - shown) * min(1.0, _PULL_PER_S * elapsed_s)
    return min(float(head), max(shown, shown + FS_HZ * elapsed_s + pull))
