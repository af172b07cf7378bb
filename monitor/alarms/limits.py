"""A bed's alarm limits: bounded, ordered, and never a way to switch a lethal alarm off."""

from dataclasses import dataclass, fields, replace
from itertools import pairwise
from typing import Any, Final

from engine.errors import ConfigurationError

BOUNDS_BPM: Final[dict[str, tuple[float, float]]] = {
    "extreme_low_bpm": (15.0, 60.0),
    "low_bpm": (20.0, 100.0),
    "high_bpm": (60.0, 220.0),
    "extreme_high_bpm": (100.0, 250.0),
}
"""Limit -> smallest and largest value an operator may set."""

MAY_BE_OFF: Final = frozenset(
    {
        "atrial_fibrillation", "frequent_pvc", "heart_rate_high", "heart_rate_low", "learned_anomaly",
        "noisy_leads", "pause", "pvc_run", "swapped_electrodes",
    }
)  # fmt: skip
"""Conditions an operator may switch off; every other one always watches."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Alarm limits of one bed, beats per minute; always ordered extreme low < low < high < extreme high."""

    extreme_low_bpm: float = 40.0
    low_bpm: float = 50.0
    high_bpm: float = 120.0
    extreme_high_bpm: float = 140.0
    off: frozenset[str] = frozenset()
    """Names of conditions that are switched off."""

    def __post_init__(self) -> None:
        for name, bounds in BOUNDS_BPM.items():
            _check_bounds(name, getattr(self, name), bounds)
        _check_order([(name, getattr(self, name)) for name in BOUNDS_BPM])
        for name in sorted(self.off - MAY_BE_OFF):
            raise ConfigurationError(
                f"alarm `{name}` cannot be switched off; only {', '.join(sorted(MAY_BE_OFF))} can."
            )

    def changed(self, **changes: Any) -> "Limits":
        """Return these limits with some replaced, checked as a whole."""
        known = {field.name for field in fields(self)}
        for name in changes:
            if name not in known:
                raise ConfigurationError(f"no alarm limit is called `{name}`; there are {', '.join(known)}.")
        return replace(self, **changes)


def _check_bounds(name: str, value: Any, bounds: tuple[float, float]) -> None:
    low, high = bounds
    number = isinstance(value, int | float) and not isinstance(value, bool)
    if not (number and low <= value <= high):  # NaN fails the comparison as well
        raise ConfigurationError(
            f"alarm limit {name} is {value!r}; it must be a number from {low:g} to {high:g}."
        )


def _check_order(limits: list[tuple[str, float]]) -> None:
    for (lower_name, lower), (upper_name, upper) in pairwise(limits):
        if lower >= upper:
            raise ConfigurationError(
                f"alarm limit {lower_name} ({lower:g}) must lie below {upper_name} ({upper:g}); "
                "set both in one change if both move."
            )
