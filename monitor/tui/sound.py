"""When the terminal bell rings: bursts by priority, as IEC 60601-1-8 has them."""

from typing import Final

from monitor.alarms.alarm import Priority

PULSES: Final = {Priority.HIGH: 10, Priority.MEDIUM: 3, Priority.LOW: 1}
BURST_EVERY_S: Final = {Priority.HIGH: 10.0, Priority.MEDIUM: 25.0, Priority.LOW: 30.0}
PULSE_EVERY_S: Final = 0.3
"""Terminals swallow bells that follow each other faster."""


class Sounder:
    """Turns the loudest standing alarm into single rings."""

    def __init__(self) -> None:
        self._priority: Priority | None = None
        self._burst_ns = 0
        self._n_rung = 0

    def ring(self, priority: Priority | None, now_ns: int) -> bool:
        """Whether to ring the bell now; call it some ten times a second."""
        if priority is None:
            self._priority = None
            return False
        if self._priority is None or priority > self._priority or self._burst_over(now_ns):
            self._burst_ns, self._n_rung = now_ns, 0
        self._priority = priority
        due = (now_ns - self._burst_ns) / 1e9 >= self._n_rung * PULSE_EVERY_S
        if self._n_rung >= PULSES[priority] or not due:
            return False
        self._n_rung += 1
        return True

    def _burst_over(self, now_ns: int) -> bool:
        return self._priority is not None and now_ns - self._burst_ns >= BURST_EVERY_S[self._priority] * 1e9


class AudioPause:
    """Which priority may sound while a bed's audio is paused: only one higher than when the pause began."""

    def __init__(self) -> None:
        self._paused = False
        self._ceiling: Priority | None = None

    def audible(self, loudest: Priority | None, paused: bool) -> Priority | None:
        """Give the priority that may sound."""
        if paused and not self._paused:
            self._ceiling = loudest
        self._paused = paused
        if not paused or loudest is None:
            return loudest
        return loudest if self._ceiling is None or loudest > self._ceiling else None
