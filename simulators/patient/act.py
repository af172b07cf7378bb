from dataclasses import dataclass
from typing import Any, Final

from engine.errors import ConfigurationError
from simulators.patient.ectopy import ECTOPY_KINDS
from simulators.patient.ischemia import TERRITORIES
from simulators.patient.lead_field import ELECTRODES

RHYTHM_RATES_BPM: Final[dict[str, tuple[float, float, float]]] = {
    "sinus": (20, 72, 220),
    "atrial fibrillation": (30, 95, 220),
    "ventricular tachycardia": (90, 172, 260),
    "ventricular fibrillation": (0, 0, 0),
    "asystole": (0, 0, 0),
    "ventricular standstill": (30, 75, 160),
}
"""Rhythm -> lowest, usual and highest rate; zero where there is none. In standstill the rate of P waves."""

CONDUCTIONS: Final = ("normal", "lbbb", "rbbb")


@dataclass(frozen=True, slots=True)
class Act:
    """One stretch of a story. Every field but the duration has a calm default."""

    duration_s: float
    rhythm: str = "sinus"
    rate_bpm: float | None = None
    """None: the rhythm's usual rate."""
    conduction: str = "normal"
    ectopy: str = "none"
    ectopy_per_minute: float = 6.0
    st_territory: str = ""
    st_mv: float = 0.0
    """ST level of the territory's most affected lead; negative depresses."""
    t_inversion: str = ""
    """Territory whose T waves turn over."""
    ramp_s: float = 8.0
    """Time in which ST and T reach their new level (and leave it, in the next act)."""
    electrodes_off: tuple[str, ...] = ()
    wander_mv: float = 0.04
    muscle_mv: float = 0.006
    """Standard deviation per electrode at 500 Hz."""
    mains_mv: float = 0.0
    mains_hz: float = 50.0
    motion_per_minute: float = 0.0
    """Electrode movements, each on one electrode."""
    caption: str = ""

    def __post_init__(self) -> None:
        _check_choice("rhythm", self.rhythm, RHYTHM_RATES_BPM)
        _check_choice("conduction", self.conduction, CONDUCTIONS)
        _check_choice("ectopy", self.ectopy, ECTOPY_KINDS)
        _check_choice("st_territory", self.st_territory, ("", *TERRITORIES))
        _check_choice("t_inversion", self.t_inversion, ("", *TERRITORIES))
        if not isinstance(self.electrodes_off, tuple):
            raise ConfigurationError(
                f"electrodes_off is {self.electrodes_off!r}, expected a list such as ['V2']"
            )
        for electrode in self.electrodes_off:
            _check_choice("electrodes_off", electrode, ELECTRODES)
        _check_range("duration_s", self.duration_s, 0.5, 86_400)
        _check_range("ectopy_per_minute", self.ectopy_per_minute, 0.1, 40)
        _check_range("st_mv", self.st_mv, -1.0, 1.5)
        _check_range("ramp_s", self.ramp_s, 0.1, 600)
        _check_range("wander_mv", self.wander_mv, 0, 5)
        _check_range("muscle_mv", self.muscle_mv, 0, 5)
        _check_range("mains_mv", self.mains_mv, 0, 5)
        _check_range("mains_hz", self.mains_hz, 40, 70)
        _check_range("motion_per_minute", self.motion_per_minute, 0, 120)
        if not isinstance(self.caption, str):
            raise ConfigurationError(f"caption is {self.caption!r}, expected text")
        lowest, _, highest = RHYTHM_RATES_BPM[self.rhythm]
        if self.rate_bpm is not None:
            _check_range(f"rate_bpm of {self.rhythm}", self.rate_bpm, lowest, highest)

    @property
    def rate(self) -> float:
        """Beats per minute that the act plays."""
        return RHYTHM_RATES_BPM[self.rhythm][1] if self.rate_bpm is None else self.rate_bpm


def _check_choice(name: str, value: Any, choices: Any) -> None:
    if not isinstance(value, str) or value not in choices:
        listed = ", ".join(repr(choice) for choice in choices)
        raise ConfigurationError(f"{name} is {value!r}, expected one of: {listed}")


def _check_range(name: str, value: Any, low: float, high: float) -> None:
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    if not is_number or not low <= value <= high:
        raise ConfigurationError(f"{name} is {value!r}, expected a number from {low:g} to {high:g}")
