"""Comparing a device's clock with its own sample count and with the monitor's clock."""

from typing import Final

from monitor.frame import Frame
from monitor.intake.sequence import Count

STEP_S: Final = 0.5
"""The device clock moved by so much against the samples from one message to the next."""
DRIFT_PPM: Final = 1000.0
"""Crystals differ by 100 ppm at most; ten times that is a wrong sampling rate."""
DRIFT_AFTER_S: Final = 30.0
LATE_S: Final = 2.0
"""Samples that arrive so much later than the promptest ones are stale."""
_LEAK: Final = 200e-6
"""The promptest age seen is forgotten at this rate, so that slowly drifting clocks are no lateness."""


class DeviceClock:
    """Checks each frame of one publisher; says what it finds through `count`."""

    def __init__(self, count: Count) -> None:
        self._count = count
        self._anchor: Frame | None = None
        self._last: Frame | None = None
        self._prompt_s: float | None = None
        self._prompt_at_ns = 0

    def check(self, frame: Frame) -> None:
        """Compare `frame` with the ones before it."""
        if frame.device_ns:
            self._check_steps(frame)
            self._last = frame
        if frame.sent_ns:
            self._check_age(frame)

    def _check_steps(self, frame: Frame) -> None:
        if self._last is None or self._anchor is None:
            self._anchor = frame
            return
        step_s, _ = _against(self._last, frame)
        if abs(step_s) > STEP_S:
            self._count("clock_step", f"the device clock moved by {step_s:+.1f} s against its samples")
            self._anchor = frame
            return
        drifted_s, elapsed_s = _against(self._anchor, frame)
        if elapsed_s >= DRIFT_AFTER_S:
            ppm = 1e6 * drifted_s / elapsed_s
            if abs(ppm) > DRIFT_PPM:
                text = f"device clock and samples differ by {ppm:+.0f} ppm: is it really {frame.fs_hz:g} Hz?"
                self._count("rate_drift", text)
            self._anchor = frame

    def _check_age(self, frame: Frame) -> None:
        age_s = (frame.arrived_ns - frame.sent_ns) * 1e-9
        if self._prompt_s is None:
            self._prompt_s = age_s
        else:
            waited_s = max(0.0, (frame.arrived_ns - self._prompt_at_ns) * 1e-9)
            self._prompt_s = min(age_s, self._prompt_s + _LEAK * waited_s)
        self._prompt_at_ns = frame.arrived_ns
        late_s = age_s - self._prompt_s
        if late_s > LATE_S:
            self._count(
                "stale", f"samples arrive {late_s:.1f} s late: the network or the monitor is too slow"
            )


def _against(earlier: Frame, later: Frame) -> tuple[float, float]:
    """Return (device clock minus sample count, sample count) between two frames, in seconds."""
    sampled_s = (later.first_sample - earlier.first_sample) / later.fs_hz
    return (later.device_ns - earlier.device_ns) * 1e-9 - sampled_s, sampled_s
