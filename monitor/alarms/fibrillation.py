"""Fibrillation and flutter of the ventricles: told from the waves, not from beats."""

from engine.grid import FS_HZ
from monitor.alarms.finding import Finding
from monitor.alarms.limits import Limits
from monitor.alarms.observation import Observation


def sees_waves(observation: Observation) -> bool:
    """The newest seconds could be judged on some lead."""
    return observation.rhythm is not None and observation.rhythm.waves.evidence is not None


def fibrillating(observation: Observation) -> bool:
    """The newest seconds are ventricular waves in which no beats can be counted."""
    return observation.rhythm is not None and observation.rhythm.waves.fibrillation


def ventricular_fibrillation(observation: Observation, limits: Limits) -> Finding | None:
    """Four seconds of fibrillatory waveform."""
    if not fibrillating(observation):
        return None
    assert observation.rhythm is not None
    onset = observation.rhythm.waves.onset_sample
    lasted_s = (observation.end_sample - onset) / FS_HZ
    return Finding(f"V FIB/FLUTTER waves without beats for {lasted_s:.0f} s", max(0, onset))
