"""Real time for whatever is played: each chunk at its own absolute deadline, so that delays never add up."""

import time
from collections.abc import Callable


class Pace:
    """Waits until a moment of the signal is due, `speed` times as fast as life."""

    def __init__(
        self,
        speed: float = 1.0,
        clock_s: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._speed = speed
        self._clock_s = clock_s
        self._sleep = sleep
        self._start_s: float | None = None

    def wait_until(self, signal_s: float) -> float:
        """Return when `signal_s` seconds of signal are due; gives by how many seconds it is late."""
        if self._start_s is None:
            self._start_s = self._clock_s() - signal_s / self._speed
        ahead_s = self._start_s + signal_s / self._speed - self._clock_s()
        if ahead_s > 0:
            self._sleep(ahead_s)
        return max(0.0, -ahead_s)
