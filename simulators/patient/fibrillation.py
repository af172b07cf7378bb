"""Continuous electrical activity: fibrillating atria and ventricles, as functions of time."""

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from engine.arrays import F64

FADE_S = 0.25


class Activity(Protocol):
    """Electrical activity without beats."""

    def leads_mv(self, t_s: F64, lead_field: F64) -> F64:
        """(12, n) mV at the times `t_s`, seconds from the activity's start."""
        ...


@dataclass(frozen=True, slots=True)
class AtrialFibrillation:
    """Fibrillatory waves of 4-9 Hz, sawtooth-like, strongest in V1 (after Stridh and Sörnmo 2001)."""

    frequency_hz: float
    phase_rad: float
    amplitude_mv: float

    def leads_mv(self, t_s: F64, lead_field: F64) -> F64:
        """(12, n) mV."""
        angle = 2 * np.pi * self.frequency_hz * t_s + self.phase_rad + 0.9 * np.sin(2 * np.pi * 0.23 * t_s)
        swell = 1 + 0.35 * np.sin(2 * np.pi * 0.31 * t_s + self.phase_rad)
        total = np.zeros((3, len(t_s)))
        for harmonic in (1, 2, 3):
            size = self.amplitude_mv * swell / harmonic
            total += np.outer(_TOWARDS_V1, size * np.sin(harmonic * angle))
            total += np.outer(_TOWARDS_FEET, size * np.sin(harmonic * (angle + 0.8)))
        seen: F64 = _NEARNESS[:, None] * (lead_field @ total)
        return seen


_TOWARDS_V1 = np.array([-0.30, 0.05, -0.70])
_TOWARDS_FEET = np.array([0.12, 0.30, 0.02])
_NEARNESS = np.array([1, 1, 1, 1, 1, 1, 1.3, 0.5, 0.5, 0.4, 0.4, 0.4])
"""The right atrium lies behind V1 and far from the other chest leads, unlike the ventricles."""


@dataclass(frozen=True, slots=True, eq=False)
class VentricularFibrillation:
    """Chaotic waves of 4-7 Hz whose size, rate and direction keep changing."""

    frequency_hz: F64
    """(3, k) per axis and oscillator."""
    phase_rad: F64
    """(3, k)"""
    swell_hz: F64
    """(3, k) rate at which an oscillator waxes and wanes."""
    amplitude_mv: float

    def leads_mv(self, t_s: F64, lead_field: F64) -> F64:
        """(12, n) mV."""
        rate, phase, swell = (a[..., None] for a in (self.frequency_hz, self.phase_rad, self.swell_hz))
        turns = 2 * np.pi * t_s
        wobble = 1.6 * np.sin(1.7 * swell * turns + 2 * phase)
        size = self.amplitude_mv * (0.55 + 0.45 * np.sin(swell * turns + 3 * phase))
        dipole = (size * np.sin(rate * turns + phase + wobble)).sum(axis=1)
        seen: F64 = lead_field @ dipole
        return seen


def fibrillating_atria(rng: np.random.Generator) -> AtrialFibrillation:
    """Fibrillatory waves of one episode."""
    return AtrialFibrillation(
        float(rng.uniform(5.0, 7.5)), float(rng.uniform(0, 6.28)), float(rng.uniform(0.06, 0.09))
    )


def fibrillating_ventricles(rng: np.random.Generator) -> VentricularFibrillation:
    """Ventricular fibrillation of one episode."""
    shape = (3, 3)
    return VentricularFibrillation(
        rng.uniform(4.0, 6.5, shape),
        rng.uniform(0, 2 * np.pi, shape),
        rng.uniform(0.15, 0.45, shape),
        float(rng.uniform(0.22, 0.32)),
    )


def fade(t_s: F64, start_s: float, end_s: float) -> F64:
    """1 from `start_s` to `end_s`, with a short ramp after each: what goes on in the next act has no dip."""
    rise = np.clip((t_s - start_s) / FADE_S, 0, 1)
    fall = np.clip((end_s + FADE_S - t_s) / FADE_S, 0, 1)
    return rise + fall - 1
