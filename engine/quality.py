"""Signal quality, lead by lead: is this ECG that can be judged, however ill the heart?"""

from dataclasses import dataclass
from enum import IntEnum
from typing import Final

import numpy as np

from engine.arrays import F32, Bools, frozen
from engine.grid import FS_HZ
from engine.window import Window

MIN_VALID_S: Final = 3.0
"""A lead with less signal in the window is a `GAP`."""
CONSTANT_MV: Final = 0.001
"""Electronics give noise of more than this; what moves less is no electrode's signal."""
FLAT_S: Final = 3
"""Whole constant seconds at the window's end that make a lead `FLAT`; or half of the window anywhere."""


class LeadState(IntEnum):
    """Signal state of one lead over a window, worst last. Only `OK` leads are assessed."""

    OK = 0
    NOISY = 1
    SATURATED = 2
    FLAT = 3
    GAP = 4
    OFF = 5
    ABSENT = 6


@dataclass(frozen=True, slots=True, eq=False)
class Quality:
    """Signal quality of a window, lead by lead."""

    state: tuple[LeadState, ...]
    """12 states in standard lead order."""
    index: F32
    """(12,) float32, 0 (unusable) to 1 (clean)."""

    @property
    def assessable(self) -> Bools:
        """(12,) bool: leads good enough for beats and for the model."""
        return np.array([state is LeadState.OK for state in self.state])


def assess_quality(window: Window) -> Quality:
    """Judge every lead of a window."""
    state = np.zeros(len(window.x), np.int64)
    state[_flat(window.x, window.valid)] = LeadState.FLAT
    state[window.valid.sum(axis=1) < MIN_VALID_S * FS_HZ] = LeadState.GAP
    state[window.lead_off] = LeadState.OFF
    state[~window.present] = LeadState.ABSENT
    index = np.where(state == LeadState.OK, 1.0, 0.0).astype(np.float32)
    return Quality(tuple(LeadState(int(value)) for value in state), frozen(index))


def _flat(x: F32, valid: Bools) -> Bools:
    """Leads that stand still: in the last seconds, or in half of the window's seconds."""
    n_s = x.shape[1] // FS_HZ
    seconds = x[:, -n_s * FS_HZ :].reshape(len(x), n_s, FS_HZ)
    real = valid[:, -n_s * FS_HZ :].reshape(seconds.shape)
    highest = np.where(real, seconds, -np.inf).max(axis=2)
    lowest = np.where(real, seconds, np.inf).min(axis=2)
    constant = (highest - lowest < CONSTANT_MV) & real.all(axis=2)
    flat: Bools = constant[:, -FLAT_S:].all(axis=1) | (2 * constant.sum(axis=1) >= n_s)
    return flat
