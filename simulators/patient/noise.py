"""What the electrodes add: wander, muscle, mains, movement; and what one that came off does.

Noise is made per electrode and reaches the leads through the montage, so Einthoven's law holds for it too.
"""

import numpy as np

from engine.arrays import F64, Bools
from simulators.patient.autonomic import Autonomic, Sinusoids
from simulators.patient.lead_field import ELECTRODES
from simulators.patient.movement import SETTLED_S
from simulators.patient.scene import Scene

N_ELECTRODES = len(ELECTRODES)
RAIL_MV = 5.0
OPEN_MV = 1.25 * RAIL_MV
"""Where an open electrode is driven: the amplifier cannot follow, and stands still at its rail."""
"""Where the amplifier of an open electrode ends up."""
SETTLE_S = 0.3
MUSCLE_BAND_HZ = (18.0, 120.0)
N_TAPS = 65


class ElectrodeNoise:
    """Noise of one patient's electrodes; blocks must be asked for in order."""

    def __init__(self, seed: int, fs_hz: float, autonomic: Autonomic) -> None:
        rng = np.random.default_rng([seed, 2])
        self._fs_hz = fs_hz
        self._breathing = autonomic.breathing
        self._breath_gain = rng.normal(0, 0.8, N_ELECTRODES)
        self._drift = [
            Sinusoids(rng.uniform(0.05, 0.5, 6), rng.uniform(0, 2 * np.pi, 6)) for _ in range(N_ELECTRODES)
        ]
        self._mains_gain = rng.normal(0, 1, N_ELECTRODES)
        self._muscle_gain = rng.uniform(0.6, 1.4, N_ELECTRODES)
        self._rng = np.random.default_rng([seed, 3])
        self._taps = _muscle_taps(fs_hz)
        self._tail = self._rng.standard_normal((N_ELECTRODES, N_TAPS - 1))

    def block(self, t_s: F64, scenes: list[Scene]) -> F64:
        """(9, n) mV at the times `t_s`, for the scenes that touch them."""
        wander = np.stack([drift.at(t_s) for drift in self._drift]) * 0.6
        wander += np.outer(self._breath_gain, self._breathing.at(t_s))
        muscle = self._muscle(len(t_s)) * self._muscle_gain[:, None]
        noise = np.zeros((N_ELECTRODES, len(t_s)))
        for scene in scenes:
            inside = (t_s >= scene.start_s) & (t_s < scene.end_s)
            t, act = t_s[inside], scene.act
            mains = np.outer(self._mains_gain, np.sin(2 * np.pi * act.mains_hz * t))
            noise[:, inside] = (
                act.wander_mv * wander[:, inside] + act.muscle_mv * muscle[:, inside] + act.mains_mv * mains
            )
            for move in scene.movements:
                if move.time_s < t_s[-1] and t_s[0] < move.time_s + SETTLED_S:
                    noise[move.electrode] += move.at(t_s)
        return noise

    def _muscle(self, n: int) -> F64:
        """(9, n) band-limited noise whose density does not depend on the sampling rate."""
        white = np.concatenate([self._tail, self._rng.standard_normal((N_ELECTRODES, n))], axis=1)
        self._tail = white[:, n:]
        return np.stack([np.convolve(row, self._taps, mode="valid") for row in white])


def _muscle_taps(fs_hz: float) -> F64:
    low, high = MUSCLE_BAND_HZ[0] / fs_hz, min(MUSCLE_BAND_HZ[1] / fs_hz, 0.48)
    k = np.arange(N_TAPS) - N_TAPS // 2
    taps: F64 = (2 * high * np.sinc(2 * high * k) - 2 * low * np.sinc(2 * low * k)) * np.hamming(N_TAPS)
    reference = 2 * (MUSCLE_BAND_HZ[1] - MUSCLE_BAND_HZ[0]) / 500.0
    scaled: F64 = taps / np.sqrt(reference) * np.sqrt(fs_hz / 500.0)
    return scaled


def detached(scenes: list[Scene], t_s: F64) -> tuple[Bools, F64]:
    """(9, n) whether each electrode is open, and the potential, mV, that it shows because of that.

    An open electrode drifts beyond the amplifier's rail with mains on it, and settles when attached again.
    """
    is_open = np.zeros((N_ELECTRODES, len(t_s)), bool)
    potential = np.zeros((N_ELECTRODES, len(t_s)))
    for scene in scenes:
        hum = 0.04 * np.sin(2 * np.pi * scene.act.mains_hz * t_s)
        inside = (t_s >= scene.start_s) & (t_s < scene.end_s)
        after = t_s >= scene.end_s
        for name, open_since_s in scene.open_since_s.items():
            electrode = ELECTRODES.index(name)
            is_open[electrode, inside] = True
            rise = OPEN_MV * (1 - np.exp(-(t_s[inside] - open_since_s) / SETTLE_S))
            potential[electrode, inside] = rise + hum[inside]
            potential[electrode, after] = RAIL_MV * np.exp(-(t_s[after] - scene.end_s) / SETTLE_S)
    return is_open, potential
