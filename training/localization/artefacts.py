"""What no heart does: a good map stays silent on it, or is told apart from it."""

from typing import Final

import numpy as np

from engine.arrays import F64
from engine.grid import FS_HZ, WINDOW_N
from training.localization.case import Graft, artefact
from training.localization.leadfield import ELECTRODE_FIELD, ELECTRODES
from training.localization.normalrecord import NormalRecord, ramp

MOTION_MV: Final = (0.5, 2.0)
SPIKE_MV: Final = (1.0, 5.0)
STEP_MV: Final = (0.5, 2.0)
MAINS_MV: Final = (0.1, 0.4)


def electrode_motion(record: NormalRecord, steady: bool, rng: np.random.Generator, size: float) -> Graft:
    """One electrode pulled about for one or two seconds: waves of 1 to 6 Hz."""
    t_s, length_s, start_s = _when(rng, 1.0, 2.0)
    waves = sum(
        rng.normal() * np.sin(2 * np.pi * (f_hz * t_s + rng.random())) for f_hz in rng.uniform(1, 6, 5)
    )
    wave = waves * _while(t_s, start_s, length_s, 0.25)
    return _at_electrode(size * rng.uniform(*MOTION_MV) * wave / np.abs(wave).max(), rng)


def spikes(record: NormalRecord, steady: bool, rng: np.random.Generator, size: float) -> Graft:
    """One to three pops of an electrode, 10 to 20 ms each."""
    t_s, wave = np.arange(WINDOW_N) / FS_HZ, np.zeros(WINDOW_N)
    for at_s in rng.uniform(1.5, 8.5, int(rng.integers(1, 4))):
        width_s = rng.uniform(0.004, 0.008)
        wave += rng.choice((-1, 1)) * rng.uniform(*SPIKE_MV) * np.exp(-0.5 * ((t_s - at_s) / width_s) ** 2)
    return _at_electrode(size * wave, rng)


def baseline_step(record: NormalRecord, steady: bool, rng: np.random.Generator, size: float) -> Graft:
    """An electrode's offset jumps and creeps back."""
    t_s, _, start_s = _when(rng, 1.0, 1.0)
    creeping = np.where(t_s >= start_s, np.exp(-(t_s - start_s) / rng.uniform(0.3, 0.8)), 0.0)
    return _at_electrode(size * rng.choice((-1, 1)) * rng.uniform(*STEP_MV) * creeping, rng)


def mains_burst(record: NormalRecord, steady: bool, rng: np.random.Generator, size: float) -> Graft:
    """One to three seconds of 50 or 60 Hz at one electrode."""
    t_s, length_s, start_s = _when(rng, 1.0, 3.0)
    hum = np.sin(2 * np.pi * rng.choice((50, 60)) * t_s) * _while(t_s, start_s, length_s, 0.05)
    return _at_electrode(size * rng.uniform(*MAINS_MV) * hum, rng)


def arms_swapped(record: NormalRecord, steady: bool, rng: np.random.Generator, size: float) -> Graft:
    """From the middle on, the two arm electrodes are on the wrong arms."""
    i, ii, iii, avr, avl = record.window.x[:5].astype(np.float64)
    swapped = np.stack([-i, iii, ii, avl, avr])
    delta = np.zeros(record.window.x.shape)
    t_s = np.arange(WINDOW_N) / FS_HZ
    delta[:5] = (swapped - record.window.x[:5]) * ramp(t_s, rng.uniform(3.0, 6.0), 0.02)
    return artefact(size * delta)


def _when(rng: np.random.Generator, shortest_s: float, longest_s: float) -> tuple[F64, float, float]:
    """Time axis, length and start of something that lies inside the window."""
    length_s = rng.uniform(shortest_s, longest_s)
    return np.arange(WINDOW_N) / FS_HZ, length_s, rng.uniform(1.5, 8.5 - length_s)


def _while(t_s: F64, start_s: float, length_s: float, edge_s: float) -> F64:
    fading: F64 = ramp(t_s, start_s, edge_s) * (1 - ramp(t_s, start_s + length_s - edge_s, edge_s))
    return fading


def _at_electrode(wave: F64, rng: np.random.Generator) -> Graft:
    """What all leads see of a voltage at one electrode."""
    return artefact(np.outer(ELECTRODE_FIELD[:, int(rng.integers(len(ELECTRODES)))], wave))
