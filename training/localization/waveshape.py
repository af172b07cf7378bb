"""Changes of the wave form, of one to three beats in a row or of all beats."""

from collections.abc import Callable
from typing import Final

import numpy as np

from engine.arrays import F64
from engine.leads import N_LEADS
from training.localization.case import Graft, anomaly
from training.localization.leadfield import DIPOLE_FIELD, LIMB_N, limb_leads, st_weights
from training.localization.normalrecord import J_S, P_ONSET_S, NormalRecord, ramp, some_beats

ST_MV: Final = (0.1, 0.4)
T_GAIN: Final = (0.5, 1.0)
"""An inverted T wave has this share of its former height."""
QRS_GAIN: Final = (0.7, 1.2)
AXIS_DEGREES: Final = (40.0, 90.0)

Make = Callable[[NormalRecord, bool, np.random.Generator, float], Graft]
"""(record, steady, generator, size) -> graft; with size 0 nothing changes."""

_LBBB: Final = (
    (0.015, 0.016, (0.25, 0.0, 0.70)),
    (0.050, 0.018, (0.45, -0.05, 0.70)),
    (0.270, 0.050, (-0.22, -0.02, -0.30)),
)
_RBBB: Final = (
    (0.045, 0.014, (-0.40, -0.05, -0.45)),
    (0.075, 0.014, (-0.25, 0.0, -0.35)),
    (0.260, 0.045, (0.05, 0.0, 0.12)),
)
"""What a late ventricle adds to a normal beat, its T wave against the QRS complex: Gaussian waves, each (s
after R, width in s, mV of dipole)."""


def st_shift(territory: str) -> Make:
    """Elevation or depression from the J point to the end of T, with its reciprocal leads."""

    def make(record: NormalRecord, steady: bool, rng: np.random.Generator, size: float) -> Graft:
        mv = size * rng.uniform(*ST_MV) * rng.choice((-1, 1))
        shape = np.zeros(record.window.x.shape[1])
        for beat in _chosen(record, steady, rng):
            t_s = record.times_s(beat)
            fall = 1 - ramp(t_s, record.t_end_s - 0.14, 0.14)
            shape = np.maximum(shape, ramp(t_s, J_S - 0.01, 0.03) * fall)
        return anomaly(mv * st_weights(territory)[:, None] * shape)

    return make


def t_inversion(territory: str) -> Make:
    """T waves turned over."""

    def make(record: NormalRecord, steady: bool, rng: np.random.Generator, size: float) -> Graft:
        gain = size * (1 + rng.uniform(*T_GAIN))
        where = np.zeros(record.window.x.shape[1])
        for beat in _chosen(record, steady, rng):
            t_s, early = record.times_s(beat), 0.3 * record.t_end_s
            where = np.maximum(where, ramp(t_s, early, 0.06) * (1 - ramp(t_s, record.t_end_s - 0.03, 0.06)))
        return anomaly(-gain * _of_territory(record.above_baseline(), territory) * where)

    return make


def _of_territory(above: F64, territory: str) -> F64:
    """(12, n) part of the signal that a territory gives; limb leads obey Einthoven."""
    part, none = np.zeros_like(above), np.zeros(above.shape[1])
    if territory == "anterior":
        part[LIMB_N : LIMB_N + 4] = above[LIMB_N : LIMB_N + 4]
    elif territory == "inferior":
        part[:LIMB_N] = limb_leads(none, above[5])
    else:
        part[:LIMB_N] = limb_leads(above[0], none)
        part[-2:] = above[-2:]
    return part


def wide_qrs(record: NormalRecord, steady: bool, rng: np.random.Generator, size: float) -> Graft:
    """Bundle branch block, left or right, in all leads."""
    waves = (_LBBB, _RBBB)[int(rng.integers(2))]
    gain = size * rng.uniform(*QRS_GAIN)
    dipole = np.zeros((3, record.window.x.shape[1]))
    for beat in _chosen(record, steady, rng):
        t_s = record.times_s(beat)
        for centre_s, width_s, vector in waves:
            dipole += np.outer(vector, np.exp(-0.5 * ((t_s - centre_s) / width_s) ** 2))
    return anomaly(gain * (DIPOLE_FIELD @ dipole))


def axis_jump(record: NormalRecord, steady: bool, rng: np.random.Generator, size: float) -> Graft:
    """The frontal axis turned, for three to five beats or all the time."""
    angle = np.deg2rad(size * rng.uniform(*AXIS_DEGREES)) * rng.choice((-1, 1))
    above = record.above_baseline()
    x, y = above[0], above[5] * 2 / 3**0.5
    turned_x, turned_y = np.cos(angle) * x - np.sin(angle) * y, np.sin(angle) * x + np.cos(angle) * y
    turned = limb_leads(turned_x - x, (turned_y - y) * 3**0.5 / 2)
    weight = np.ones(above.shape[1])
    if not steady:
        beats = some_beats(record, int(rng.integers(3, 6)), rng)
        weight = ramp(record.times_s(beats[0]), -P_ONSET_S - 0.04, 0.04)
        last = min(beats[-1] + 1, len(record.r_peaks) - 1)
        weight = weight * (1 - ramp(record.times_s(last), -P_ONSET_S - 0.04, 0.04))
    return anomaly(np.concatenate((turned, np.zeros((N_LEADS - LIMB_N, above.shape[1])))) * weight)


def _chosen(record: NormalRecord, steady: bool, rng: np.random.Generator) -> list[int]:
    return some_beats(record, None if steady else int(rng.integers(1, 4)), rng)
