"""Options that `listen` and `analyze` share, checked before anything is started for them."""

from typing import Final

from engine.errors import ConfigurationError
from engine.grid import WINDOW_S

MIN_HOP_S: Final = 0.1
MAX_THREADS: Final = 64


def check_hop(hop_s: float) -> None:
    """Refuse a hop that leaves signal unassessed, or no time to assess it."""
    if not MIN_HOP_S <= hop_s <= WINDOW_S:
        raise ConfigurationError(
            f"a hop of {hop_s:g} s is not possible: choose {MIN_HOP_S} to {WINDOW_S} s (a window is so long)"
        )


def check_threads(threads: int) -> None:
    """Refuse a number of threads that no model can use."""
    if not 1 <= threads <= MAX_THREADS:
        raise ConfigurationError(f"--threads {threads}: give 1 to {MAX_THREADS}")
