from dataclasses import dataclass

from engine.arrays import F64
from simulators.patient.beat_form import ATRIAL, VENTRICULAR


@dataclass(frozen=True, slots=True)
class Beat:
    """One activation of the heart; without `ventricular` it is a P wave that is not conducted."""

    time_s: float
    """The R peak (where it would be, for a lone P wave)."""
    ventricular: str | None
    """Key of `VENTRICULAR`."""
    atrial: str | None
    """Key of `ATRIAL`; None when no P wave belongs to the beat."""
    symbol: str | None
    """MIT-BIH beat code: N, L, R, A, V; None for a lone P wave."""
    rr_s: float
    """RR interval that sets the duration of repolarization."""

    @property
    def onset_s(self) -> float:
        """Start of the QRS (of the P wave, for a lone one), absolute seconds."""
        form = VENTRICULAR[self.ventricular] if self.ventricular else ATRIAL[self.atrial or "sinus"]
        return self.time_s + form.onset_s

    @property
    def end_s(self) -> float:
        """End of the T wave (of the P wave, for a lone one), absolute seconds."""
        if self.ventricular:
            return self.time_s + VENTRICULAR[self.ventricular].end_s(self.rr_s)
        return self.time_s + ATRIAL[self.atrial or "sinus"].offset_s


@dataclass(frozen=True, slots=True, eq=False)
class Waves:
    """Gaussian waves of the dipole at absolute times."""

    centre_s: F64
    """(m,)"""
    width_s: F64
    """(m,)"""
    dipole_mv: F64
    """(m, 3)"""
