"""Comparing a device's clock with its own sample count and with the monitor's clock."""

from typing import Final, NamedTuple

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


class Stamp(NamedTuple):
    """When and where in the device's count a message begins; see `monitor.wire.Data`."""

    first_sample: int
    fs_hz: float
    device_ns: int
    sent_ns: int
    arrived_ns: int


class DeviceClock:
    """Checks each message of one publisher; says what it finds through `count`."""

    def __init__(self, count: Count) -> None:
        self._count = count
        self._anchor: Stamp | None = None
        self._last: Stamp | None = None
        self._prompt_s: float | None = None
        self._prompt_at_ns = 0

    def check(self, stamp: Stamp) -> None:
        """Compare `stamp` with the ones before it."""
        if stamp.device_ns:
            self._check_steps(stamp)
            self._last = stamp
        if stamp.sent_ns:
            self._check_age(stamp)

    def _check_steps(self, stamp: Stamp) -> None:
        if self._last is None or self._anchor is None:
            self._anchor = stamp
            return
        step_s, _ = _against(self._last, stamp)
        if abs(step_s) > STEP_S:
            self._count("clock_step", f"the device clock moved by {step_s:+.1f} s against its samples")
            self._anchor = stamp
            return
        drifted_s, elapsed_s = _against(self._anchor, stamp)
        if elapsed_s >= DRIFT_AFTER_S:
            ppm = 1e6 * drifted_s / elapsed_s
            if abs(ppm) > DRIFT_PPM:
                text = f"device clock and samples differ by {ppm:+.0f} ppm: is it really {stamp.fs_hz:g} Hz?"
                self._count("rate_drift", text)
            self._anchor = stamp

    def _check_age(self, stamp: Stamp) -> None:
        age_s = (stamp.arrived_ns - stamp.sent_ns) * 1e-9
        if self._prompt_s is None:
            self._prompt_s = age_s
        else:
            waited_s = max(0.0, (stamp.arrived_ns - self._prompt_at_ns) * 1e-9)
            self._prompt_s = min(age_s, self._prompt_s + _LEAK * waited_s)
        self._prompt_at_ns = stamp.arrived_ns
        late_s = age_s - self._prompt_s
        if late_s > LATE_S:
            self._count(
                "stale", f"samples arrive {late_s:.1f} s late: the network or the monitor is too slow"
            )


def _against(earlier: Stamp, later: Stamp) -> tuple[float, float]:
    """Return (device clock minus sample count, sample count) between two stamps, in seconds."""
    sampled_s = (later.first_sample - earlier.first_sample) / later.fs_hz
    return (later.device_ns - earlier.device_ns) * 1e-9 - sampled_s, sampled_s
