"""Fibrillation, flutter and wide fast tachycardia, told from the form of the waves, without any beat."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from engine.arrays import F32, I64, Bools
from engine.grid import FS_HZ
from engine.quality import Quality
from engine.rhythm.waveform import FEATURES, WAVE_HZ, crossings_bpm, features, repetition, wave_band
from engine.signals import Signals

STRETCH_S: Final = 4.0
"""Signal that is judged as one."""
STEP_S: Final = 0.5
BACK_S: Final = 2.0
"""Evidence is the mean of the stretches that end now and up to so long ago."""
CAP: Final = 6.0
"""No lead speaks louder than this."""
QUIET_EVIDENCE: Final = -2.5
"""Below this in the newest stretch the earlier ones are not asked."""
MIN_SIZE_MV: Final = 0.025
"""Waves smaller than this (rms) cannot be told from a quiet line's hum: the lead votes for silence."""
MIN_REGULARITY: Final = 0.1
"""Electrode noise that looks like waves repeats itself even less than fibrillation."""
MONOMORPHIC: Final = 0.8
"""Waves this regular are a tachycardia ..."""
MAX_TACHYCARDIA_BPM: Final = 250.0
"""... unless they are faster than this: then they are flutter."""
MIN_FIBRILLATION_BPM: Final = 150.0
"""Fibrillation and flutter are faster than this."""
MIN_WAVE_BPM: Final = 120.0
"""Regular waves slower than this may be any wide beat with a high T wave: the beats must tell."""

MEAN: Final = np.array([0.723, 0.734, 0.109, 2.61, -1.61], np.float32)
SPREAD: Final = np.array([0.130, 0.199, 0.0606, 0.898, 0.880], np.float32)
SIZE: Final = FEATURES.index("size")
WEIGHT: Final = np.array([-0.995, -0.896, 0.854, -0.641, 0.523], np.float32)
BIAS: Final = -4.235
"""Logistic regression on `waveform.FEATURES`."""


@dataclass(frozen=True, slots=True)
class Waves:
    """Whether the newest seconds are ventricular waves instead of beats."""

    evidence: float | None
    """Log odds, mean of the assessable leads; positive: waves. None without an assessable lead."""
    regularity: float = 0.0
    """Autocorrelation at one cycle, up to 1."""
    rate_bpm: float = 0.0
    """Cycles per minute where the waves are regular."""
    crossings_bpm: float = 0.0
    """Half of the zero crossings per minute: a rate that irregular waves have as well."""
    onset_sample: int = 0
    """Where they began, absolute; within this window."""

    @property
    def found(self) -> bool:
        """Waves, and not slow ones."""
        if self.evidence is None or self.evidence <= 0 or self.regularity < MIN_REGULARITY:
            return False
        if self.regularity >= MONOMORPHIC:
            return self.rate_bpm >= MIN_WAVE_BPM
        return self.crossings_bpm >= MIN_FIBRILLATION_BPM

    @property
    def tachycardia(self) -> bool:
        """The waves are those of a monomorphic tachycardia."""
        return self.found and self.regularity >= MONOMORPHIC and self.rate_bpm <= MAX_TACHYCARDIA_BPM

    @property
    def fibrillation(self) -> bool:
        """The waves are those of fibrillation, flutter or a polymorphic tachycardia."""
        return self.found and not self.tachycardia


def find_waves(signals: Signals, qualities: Sequence[Quality]) -> list[Waves]:
    """Judge the last seconds of windows.

    Parameters
    ----------
    signals : Signals
        Their last `STRETCH_S` and `BACK_S` decide; a lead takes part while that is received signal.
    qualities : sequence of Quality
        One for each window; only leads that it calls assessable take part.

    Returns
    -------
    list of Waves
        `onset_sample` is the start of the earliest stretch of an unbroken row with positive evidence.

    Notes
    -----
    A logistic combination of five features (`engine.rhythm.waveform`), in the manner of Li, Rajagopalan and
    Clifford, Ventricular fibrillation and tachycardia classification using a machine learning approach, IEEE
    Trans. Biomed. Eng. 61 (2014), who also showed that few features suffice. Deviations: 4 s instead of 5; no
    support vectors; leads vote by the mean of their log odds. Fitted on a part of VFDB, MIT-BIH and
    CPSC 2021 by `training.fibrillation`, which also prints how it does on the other part.
    """
    return [_waves(signals, i, quality) for i, quality in enumerate(qualities)]


def _waves(signals: Signals, i: int, quality: Quality) -> Waves:
    leads = _leads(signals.received[i], quality)
    if not leads.size:
        return Waves(None)
    waves, envelope = wave_band(signals.calm[i, leads]), signals.envelope[i, leads]
    ends = waves.shape[1] - np.arange(0, waves.shape[1] - _n(STRETCH_S) + 1, _n(STEP_S))
    newest = _evidence(waves, envelope, ends[:1])
    if newest[0] < QUIET_EVIDENCE:
        return Waves(float(newest[0]))
    n_asked = round(BACK_S / STEP_S) + 1
    newest = np.concatenate((newest, _evidence(waves, envelope, ends[1:n_asked])))
    now = float(newest.mean())
    if now <= 0:
        return Waves(now)
    ends = np.concatenate((ends[:n_asked], ends[n_asked + 1 :: 2]))
    row = np.concatenate((newest, _evidence(waves, envelope, ends[n_asked:])))
    onset = int(signals.start[i]) + round(_onset(row, ends) * FS_HZ / WAVE_HZ)
    last = waves[:, -_n(STRETCH_S) :]
    return Waves(now, *repetition(last), crossings_bpm(last), onset)


def _n(seconds: float) -> int:
    return round(seconds * WAVE_HZ)


def _leads(received: Bools, quality: Quality) -> I64:
    """Assessable leads whose newest signal was received."""
    newest = received[:, -round((STRETCH_S + BACK_S) * FS_HZ) :]
    leads: I64 = np.flatnonzero(quality.assessable & newest.all(axis=1))
    return leads


def _evidence(waves: F32, envelope: F32, ends: I64) -> F32:
    """(n_ends,) log odds of the stretches, mean of the leads."""
    if not ends.size:
        return np.zeros(0, np.float32)
    places = ends[:, None] + np.arange(-_n(STRETCH_S), 0)
    measured = features(waves[:, places], envelope[:, places])
    votes = np.clip((measured - MEAN) / SPREAD @ WEIGHT + BIAS, -CAP, CAP)
    evidence: F32 = np.where(measured[..., SIZE] < np.log(MIN_SIZE_MV), -CAP, votes).mean(axis=0)
    return evidence


def _onset(evidence: F32, ends: I64) -> int:
    """Start of the earliest stretch in the newest unbroken row of findings."""
    broken = np.flatnonzero(evidence <= 0)
    last = int(broken[0]) - 1 if broken.size else evidence.size - 1
    return int(ends[max(last, 0)]) - _n(STRETCH_S)
