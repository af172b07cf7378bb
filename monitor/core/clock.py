"""The one place of the core that asks the operating system for the time."""

import time
from collections.abc import Callable


def steady_clock() -> Callable[[], int]:
    """Return a clock in ns since 1970 that never goes back: the wall clock now, monotonic from here on."""
    offset_ns = time.time_ns() - time.monotonic_ns()
    return lambda: offset_ns + time.monotonic_ns()
