"""Signal quality, lead by lead: is this ECG that can be judged, however ill the heart?"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import IntEnum
from functools import cache
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.fft import rfft

from engine.arrays import F32, I64, Bools, frozen
from engine.filters import qrs_envelope, qrs_level, running
from engine.grid import FS_HZ
from engine.signals import Signals, condition
from engine.window import Window

Places = tuple[NDArray[np.intp], ...]
"""Leads of windows, as from `np.nonzero`."""

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


_STATES: Final = tuple(LeadState)


@dataclass(frozen=True, slots=True, eq=False)
class Quality:
    """Signal quality of a window, lead by lead."""

    state: tuple[LeadState, ...]
    """12 states in standard lead order."""
    index: F32
    """(12,) float32, 0 (unusable) to 1 (clean)."""
    assessable: Bools = field(init=False)
    """(12,) bool: leads good enough for beats and for the model."""

    def __post_init__(self) -> None:
        assessable = np.array([state is LeadState.OK for state in self.state])
        object.__setattr__(self, "assessable", frozen(assessable))


@dataclass(frozen=True, slots=True, eq=False)
class _Bands:
    """Amplitudes (rms, mV) of some leads in frequency bands; each (n_leads,) float32."""

    drift: F32
    """0.3-2 Hz: wander, electrode motion; slow hearts too."""
    slow: F32
    """2-10 Hz"""
    body: F32
    """2-20 Hz: most of any ECG, VF and VT included."""
    muscle: F32
    """20-100 Hz"""
    rhythmic: Bools
    """Whether one narrow band holds most of the power."""


_BANDS_HZ: Final = ((0.3, 2.0), (2.0, 10.0), (2.0, 20.0), (20.0, 100.0), (0.5, 20.0))
_CENTRES_HZ: Final = (RHYTHM_HZ, 9.0)
"""Of the narrow bands, 1 Hz wide."""


@dataclass(frozen=True, slots=True, eq=False)
class _Seconds:
    """What leads span in each second of their windows; each (B, 12, n_seconds)."""

    highest: F32
    """mV as from `_as_received`; minus infinity without a received sample."""
    lowest: F32
    """The same; infinity without a received sample."""
    whole: Bools
    """Whether every sample was received."""

    @classmethod
    def of(cls, signals: Signals, enough: Bools) -> "_Seconds":
        """Cut the windows into their seconds; those of leads (B, 12) without `enough` signal say nothing."""
        x, received = signals.x.reshape(-1), signals.received
        starts, shape = np.arange(0, x.size, FS_HZ), (*signals.whole.shape, -1)
        highest = np.maximum.reduceat(x, starts).reshape(shape)  # half the time of a reduction by axis
        lowest = np.minimum.reduceat(x, starts).reshape(shape)
        whole = np.repeat(signals.whole[..., None], highest.shape[2], axis=2)
        for place in zip(*np.nonzero(enough & ~signals.whole), strict=True):
            known = received[place].reshape(-1, FS_HZ)
            seconds = _as_received(signals, place).reshape(-1, FS_HZ)
            highest[place] = np.where(known, seconds, -np.inf).max(axis=1)
            lowest[place] = np.where(known, seconds, np.inf).min(axis=1)
            whole[place] = known.all(axis=1)
        return cls(highest, lowest, whole)


def assess_quality(signals: Signals) -> list[Quality]:
    """Judge every lead of each window.

    Noise is what hides the rhythm, never what makes it ugly: a lead is `NOISY` only if its QRS complexes do
    not stand out, and electrode motion or muscle outweighs everything else, and the signal is not the
    narrow-band wave of a ventricular tachyarrhythmia. A faint line without QRS complexes stays assessable: it
    may be asystole. A line without any noise at all is `FLAT`.

    Parameters
    ----------
    signals : Signals
        Windows, however little of them received.

    Returns
    -------
    list of Quality
        One for each window. `index` is the share of the power (0.3-100 Hz) that lies in 2-20 Hz; 0 for leads
        without a signal to judge.

    Notes
    -----
    The features are of the family in Clifford, Behar, Li and Rezek, Signal quality indices and data fusion
    for determining clinical acceptability of electrocardiograms, Physiol. Meas. 33 (2012). Limits were set on
    VFDB (VF, VT, asystole, noise), NSTDB and PTB-XL as groups; none of these sets is a test of them.
    """
    enough: Bools = signals.whole.copy()
    broken = ~enough
    enough[broken] = signals.received[broken].sum(axis=1, dtype=np.int32) >= MIN_VALID_S * FS_HZ
    judged = np.nonzero(enough)
    state: I64 = np.zeros(enough.shape, np.int64)
    index: F32 = np.zeros(enough.shape, np.float32)
    if judged[0].size:
        x = signals.x.reshape(-1, signals.x.shape[2])
        bands = _bands(x if enough.all() else x[enough.reshape(-1)])
        seconds = _Seconds.of(signals, enough)
        state[_at(judged, _noisy(signals, judged, bands))] = LeadState.NOISY
        state[_saturated(signals, seconds) & enough] = LeadState.SATURATED
        state[_flat(seconds) & enough] = LeadState.FLAT
        index[judged] = _signal_share(bands)
    state[~enough] = LeadState.GAP
    state[np.stack([window.lead_off for window in signals.windows])] = LeadState.OFF
    state[~np.stack([window.present for window in signals.windows])] = LeadState.ABSENT
    index[state > LeadState.NOISY] = 0.0
    return [
        Quality(tuple(_STATES[value] for value in row), frozen(clean))
        for row, clean in zip(state.tolist(), index, strict=True)
    ]


def quality_of(window: Window) -> Quality:
    """Judge a single window; see `assess_quality`."""
    return assess_quality(condition([window]))[0]


def _as_received(signals: Signals, place: tuple[int, int]) -> F32:
    """One lead of one window, without what `bridge` does behind gaps: a rail stays where it is."""
    window, lead = place
    if signals.whole[place]:
        whole: F32 = signals.x[place]
        return whole
    return np.where(signals.received[place], signals.windows[window].x[lead], np.float32(0))


def _at(places: Places, where: Bools) -> Places:
    return places[0][where], places[1][where]


@cache
def _band_sums(n: int) -> tuple[F32, F32]:
    """(2 * bins, n_bands) and (fewer, n_narrow) float32: what each band adds up of the squared real and
    imaginary parts of a spectrum, which lie side by side, to get its power.
    """
    half_hz = 0.5
    centres = np.arange(round(_CENTRES_HZ[0] * n / FS_HZ), round(_CENTRES_HZ[1] * n / FS_HZ)) * (FS_HZ / n)
    narrow = [(centre - half_hz, centre + half_hz) for centre in centres.tolist()]
    return _sums(n, _BANDS_HZ), _sums(n, narrow)


def _sums(n: int, bands: Sequence[tuple[float, float]]) -> F32:
    bins = [(round(low_hz * n / FS_HZ), round(high_hz * n / FS_HZ)) for low_hz, high_hz in bands]
    sums = np.zeros((2 * max(end for _, end in bins), len(bins)), np.float32)
    for column, (first, end) in enumerate(bins):
        sums[2 * first : 2 * end, column] = 2 / n**2
    return frozen(sums)


@cache
def _taper(n: int) -> F32:
    """(n,) float32, with a mean square of 1."""
    taper = np.hanning(n)
    return frozen((taper / np.sqrt(np.mean(taper**2))).astype(np.float32))


def _bands(x: F32) -> _Bands:
    n = x.shape[1]
    bands, narrow = _band_sums(n)
    tapered = x - (x @ np.full(n, 1 / n, np.float32))[:, None]
    tapered *= _taper(n)
    squares = np.square(rfft(tapered, overwrite_x=True).view(np.float32)[:, : len(bands)])
    wide = squares @ bands
    drift, slow, body, muscle = np.sqrt(wide[:, :4]).T
    highest = (squares[:, : len(narrow)] @ narrow).max(axis=1)
    return _Bands(drift, slow, body, muscle, rhythmic=highest > RHYTHM_SHARE * wide[:, 4])


def _noisy(signals: Signals, judged: Places, bands: _Bands) -> Bools:
    """(n_judged,) leads whose QRS complexes do not stand out of the noise."""
    motion = (bands.drift > MOTION_MV) & (bands.drift > MOTION_SHARE * bands.body) & ~bands.rhythmic
    muscle = (bands.muscle > MUSCLE_MV) & (bands.muscle > MUSCLE_SHARE * bands.slow)
    noisy = motion | muscle
    if noisy.any():
        some = _at(judged, noisy)
        received = signals.received[some][:, ::2]
        envelope = np.where(received, qrs_envelope(signals.x[some]), np.float32(0))
        level, background = qrs_level(envelope, received)
        clarity = level / np.maximum(background, 1e-6)
        noisy[noisy] = ((clarity < CLEAR_QRS) & motion[noisy]) | ((clarity < FAINT_QRS) & muscle[noisy])
    return noisy


def _signal_share(bands: _Bands) -> F32:
    total = bands.drift**2 + bands.body**2 + bands.muscle**2
    share: F32 = bands.body**2 / np.maximum(total, 1e-12)
    return share


def _saturated(signals: Signals, seconds: _Seconds) -> Bools:
    """(B, 12) leads that rest on their highest or lowest value."""
    highest, lowest = seconds.highest.max(axis=2), seconds.lowest.min(axis=2)
    top, bottom = highest - CONSTANT_MV, lowest + CONSTANT_MV
    saturated: Bools = highest - lowest >= CLIPPED_RANGE_MV
    if not saturated.any():
        return saturated
    run = round(CLIPPED_RUN_S * FS_HZ)
    few = signals.x[saturated, :: run // 2]  # of every run that counts, this has two or more
    at_rest = (few > top[saturated, None]) | (few < bottom[saturated, None])
    long = np.count_nonzero(at_rest, axis=1) >= CLIPPED_S * FS_HZ / run
    saturated[saturated] = long | ~signals.whole[saturated]
    for place in zip(*np.nonzero(saturated), strict=True):
        x = _as_received(signals, place)
        resting = ((x > top[place]) | (x < bottom[place])) & signals.received[place]
        in_run = running(np.logical_and, resting, run)[run // 2 : -(run // 2)]
        resting_s = (in_run.sum() + in_run.any() * (run - 1)) / FS_HZ
        saturated[place] = resting.sum() >= CLIPPED_S * FS_HZ - 1 and resting_s >= CLIPPED_S
    return saturated


def _flat(seconds: _Seconds) -> Bools:
    """(B, 12) leads that stand still: in the last seconds, or in half of the window's seconds."""
    constant = (seconds.highest - seconds.lowest < CONSTANT_MV) & seconds.whole
    flat: Bools = constant[..., -FLAT_S:].all(axis=2) | (2 * constant.sum(axis=2) >= constant.shape[2])
    return flat
