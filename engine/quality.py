"""Signal quality, lead by lead: is this ECG that can be judged, however ill the heart?"""

from dataclasses import dataclass
from enum import IntEnum
from typing import Final

import numpy as np

from engine.arrays import F32, F64, Bools, frozen
from engine.filters import bridge, qrs_envelope, qrs_level, running
from engine.grid import FS_HZ
from engine.leads import N_LEADS
from engine.window import Window

MIN_VALID_S: Final = 3.0
"""A lead with less signal in the window is a `GAP`."""
CONSTANT_MV: Final = 0.001
"""Electronics give noise of more than this; what moves less is no electrode's signal."""
FLAT_S: Final = 3
"""Whole constant seconds at the window's end that make a lead `FLAT`; or half of the window anywhere."""
CLIPPED_RUN_S: Final = 0.06
CLIPPED_S: Final = 0.2
CLIPPED_RANGE_MV: Final = 1.0
"""`SATURATED`: a lead that spans at least this range rests on its extreme value, in runs of at least
`CLIPPED_RUN_S`, for `CLIPPED_S` in all. The peaks of a living ECG never rest."""

CLEAR_QRS: Final = 8.0
"""QRS complexes that stand out of their background (`qrs_level`) this far are read through any wander."""
MOTION_MV: Final = 0.3
MOTION_SHARE: Final = 1.0
"""Electrode motion: amplitude (rms) of 0.3-2 Hz above `MOTION_MV` and above this share of 2-20 Hz ..."""
RHYTHM_HZ: Final = 1.5
RHYTHM_SHARE: Final = 0.5
"""... unless one band of 1 Hz above `RHYTHM_HZ` holds this share of the power: that is VT, flutter or VF."""
FAINT_QRS: Final = 5.0
MUSCLE_MV: Final = 0.08
MUSCLE_SHARE: Final = 0.7
"""Muscle: amplitude of 20-100 Hz above `MUSCLE_MV` and above this share of 2-10 Hz, QRS complexes below
`FAINT_QRS`."""


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


@dataclass(frozen=True, slots=True, eq=False)
class _Bands:
    """Amplitudes (rms, mV) of some leads in frequency bands; each (n_leads,) float64."""

    drift: F64
    """0.3-2 Hz: wander, electrode motion; slow hearts too."""
    slow: F64
    """2-10 Hz"""
    body: F64
    """2-20 Hz: most of any ECG, VF and VT included."""
    muscle: F64
    """20-100 Hz"""
    rhythmic: Bools
    """Whether one narrow band holds most of the power."""


@dataclass(frozen=True, slots=True, eq=False)
class _Seconds:
    """What some leads span in each second of the window; each (n_leads, n_seconds)."""

    highest: F32
    """mV; minus infinity without a valid sample."""
    lowest: F32
    """mV; infinity without a valid sample."""
    whole: Bools
    """Whether every sample is valid."""

    @classmethod
    def of(cls, x: F32, valid: Bools) -> "_Seconds":
        """Cut the window into its seconds."""
        shape = (len(x), -1, FS_HZ)
        whole: Bools = np.logical_and.reduce(valid.reshape(shape), axis=2)
        if whole.all():
            return cls(x.reshape(shape).max(axis=2), x.reshape(shape).min(axis=2), whole)
        highest = np.where(valid, x, -np.inf).reshape(shape).max(axis=2)
        lowest = np.where(valid, x, np.inf).reshape(shape).min(axis=2)
        return cls(highest, lowest, whole)


def assess_quality(window: Window) -> Quality:
    """Judge every lead of a window.

    Noise is what hides the rhythm, never what makes it ugly: a lead is `NOISY` only if its QRS complexes do
    not stand out, and electrode motion or muscle outweighs everything else, and the signal is not the
    narrow-band wave of a ventricular tachyarrhythmia. A faint line without QRS complexes stays assessable: it
    may be asystole. A line without any noise at all is `FLAT`.

    Parameters
    ----------
    window : Window
        Ten seconds, however little of them valid.

    Returns
    -------
    Quality
        `index` is the share of the power (0.3-100 Hz) that lies in 2-20 Hz; 0 for leads without a
        signal to judge.

    Notes
    -----
    The features are of the family in Clifford, Behar, Li and Rezek, Signal quality indices and data fusion
    for determining clinical acceptability of electrocardiograms, Physiol. Meas. 33 (2012). Limits were set on
    VFDB (VF, VT, asystole, noise), NSTDB and PTB-XL as groups; none of these sets is a test of them.
    """
    state = np.zeros(N_LEADS, np.int64)
    index = np.zeros(N_LEADS, np.float32)
    enough = window.valid.sum(axis=1) >= MIN_VALID_S * FS_HZ
    judged = np.flatnonzero(enough)
    if judged.size:
        x, valid = window.x[judged], window.valid[judged]
        bridged = bridge(x, valid)
        bands, seconds = _bands(bridged), _Seconds.of(x, valid)
        state[judged[_noisy(bridged, valid, bands)]] = LeadState.NOISY
        state[judged[_saturated(x, valid, seconds)]] = LeadState.SATURATED
        state[judged[_flat(seconds)]] = LeadState.FLAT
        index[judged] = _signal_share(bands)
    state[~enough] = LeadState.GAP
    state[window.lead_off] = LeadState.OFF
    state[~window.present] = LeadState.ABSENT
    index[state > LeadState.NOISY] = 0.0
    return Quality(tuple(LeadState(int(value)) for value in state), frozen(index))


def _bands(x: F64) -> _Bands:
    n = x.shape[1]
    taper = np.hanning(n)
    spectrum = np.fft.rfft((x - x.mean(axis=1, keepdims=True)) * taper)
    power = np.abs(spectrum) ** 2 * (2 / (n * np.sum(taper**2)))
    below = np.zeros((len(power), power.shape[1] + 1))
    np.cumsum(power, axis=1, out=below[:, 1:])

    def amplitude(low_hz: float, high_hz: float) -> F64:
        low, high = round(low_hz * n / FS_HZ), round(high_hz * n / FS_HZ)
        within: F64 = np.sqrt(np.maximum(below[:, high] - below[:, low], 0.0))
        return within

    half_hz, lowest, highest = round(0.5 * n / FS_HZ), round(RHYTHM_HZ * n / FS_HZ), round(20 * n / FS_HZ)
    centres = np.arange(lowest, round(9 * n / FS_HZ))
    narrow = (below[:, centres + half_hz] - below[:, centres - half_hz]).max(axis=1)
    total = below[:, highest] - below[:, half_hz]
    return _Bands(
        drift=amplitude(0.3, 2),
        slow=amplitude(2, 10),
        body=amplitude(2, 20),
        muscle=amplitude(20, 100),
        rhythmic=narrow > RHYTHM_SHARE * total,
    )


def _noisy(x: F64, valid: Bools, bands: _Bands) -> Bools:
    level, background = qrs_level(qrs_envelope(x), valid[:, ::2])
    clarity = level / np.maximum(background, 1e-6)
    motion = (bands.drift > MOTION_MV) & (bands.drift > MOTION_SHARE * bands.body) & ~bands.rhythmic
    muscle = (bands.muscle > MUSCLE_MV) & (bands.muscle > MUSCLE_SHARE * bands.slow)
    noisy: Bools = ((clarity < CLEAR_QRS) & motion) | ((clarity < FAINT_QRS) & muscle)
    return noisy


def _signal_share(bands: _Bands) -> F32:
    total = bands.drift**2 + bands.body**2 + bands.muscle**2
    return (bands.body**2 / np.maximum(total, 1e-12)).astype(np.float32)


def _saturated(x: F32, valid: Bools, seconds: _Seconds) -> Bools:
    """Leads that rest on their highest or lowest value."""
    highest, lowest = seconds.highest.max(axis=1), seconds.lowest.min(axis=1)
    top, bottom = (highest - CONSTANT_MV)[:, None], (lowest + CONSTANT_MV)[:, None]
    run = round(CLIPPED_RUN_S * FS_HZ)
    in_run = running(np.logical_and, valid & ((x > top) | (x < bottom)), run)[:, run // 2 : -(run // 2)]
    resting_s = (in_run.sum(axis=1) + in_run.any(axis=1) * (run - 1)) / FS_HZ
    saturated: Bools = (resting_s >= CLIPPED_S) & (highest - lowest >= CLIPPED_RANGE_MV)
    return saturated


def _flat(seconds: _Seconds) -> Bools:
    """Leads that stand still: in the last seconds, or in half of the window's seconds."""
    constant = (seconds.highest - seconds.lowest < CONSTANT_MV) & seconds.whole
    flat: Bools = constant[:, -FLAT_S:].all(axis=1) | (2 * constant.sum(axis=1) >= constant.shape[1])
    return flat
