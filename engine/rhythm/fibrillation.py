"""Fibrillation, flutter and wide fast tachycardia, told from the form of the waves, without any beat."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from engine.arrays import F32, I64, Bools
from engine.grid import FS_HZ, WINDOW_N
from engine.quality import Quality
from engine.rhythm.waveform import FEATURES, WAVE_HZ, crossings_bpm, features, repetition, wave_band
from engine.signals import Signals

STRETCH_S: Final = 4.0
"""Signal that is judged as one."""
STEP_S: Final = 0.5
AROUND_S: Final = 1.0
"""Signal before a stretch that its filter needs."""
BACK_S: Final = 2.0
"""Evidence is the mean of the stretches that end now and up to so long ago."""
CAP: Final = np.float32(6.0)
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
MIN_FIBRILLATION_BPM: Final = 140.0
"""Fibrillation and flutter are faster than this."""
RHYTHMIC: Final = 0.5
"""Waves from this regularity on have the rate at which they repeat; others that of their crossings."""
MIN_EVIDENCE: Final = 0.25
"""Log odds from which on waves are believed."""
MIN_WAVE_BPM: Final = 120.0
"""Regular waves slower than this may be any wide beat with a high T wave: the beats must tell."""

MEAN: Final = np.array([0.723, 0.734, 0.109, 2.61, -1.61], np.float32)
SPREAD: Final = np.array([0.130, 0.199, 0.0606, 0.898, 0.880], np.float32)
SIZE: Final = FEATURES.index("size")
WEIGHT: Final = np.array([-0.995, -0.896, 0.854, -0.641, 0.523], np.float32)
BIAS: Final = np.float32(-4.235)
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
    """Half of the zero crossings per minute, notches left out: a rate that irregular waves have as well."""
    onset_sample: int = 0
    """Where they began, absolute; within this window."""

    @property
    def found(self) -> bool:
        """Waves, and not slow ones."""
        if self.evidence is None or self.evidence <= MIN_EVIDENCE or self.regularity < MIN_REGULARITY:
            return False
        if self.regularity >= MONOMORPHIC:
            return self.rate_bpm >= MIN_WAVE_BPM
        rate_bpm = self.rate_bpm if self.regularity >= RHYTHMIC else self.crossings_bpm
        return rate_bpm >= MIN_FIBRILLATION_BPM

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
    window, lead = np.nonzero(_taking_part(signals, qualities))
    found = [Waves(None)] * len(signals)
    if not window.size:
        return found
    newest = _Leads.of(signals, window, lead, round((STRETCH_S + AROUND_S) * FS_HZ))
    evidence = newest.evidence([0])[:, 0]
    windows = newest.windows
    for i, one in zip(windows.tolist(), evidence.tolist(), strict=True):
        found[i] = Waves(one)
    if (loud := windows[evidence >= QUIET_EVIDENCE]).size:
        asked = np.isin(window, loud)
        for i, waves in _asked(signals, _Leads.of(signals, window[asked], lead[asked], WINDOW_N)):
            found[i] = waves
    return found


@dataclass(frozen=True, slots=True, eq=False)
class _Leads:
    """The wave band and the QRS envelope of some leads of some windows."""

    window: I64
    """(n,) int64, which window each lead is of, ascending."""
    waves: F32
    """(n, m) float32, mV at `WAVE_HZ`; ends where the window ends."""
    envelope: F32

    @classmethod
    def of(cls, signals: Signals, window: I64, lead: I64, n: int) -> "_Leads":
        """Filter the newest `n` samples."""
        return cls(
            window, wave_band(signals.calm[window, lead, -n:]), signals.envelope[window, lead, -n // 2 :]
        )

    @property
    def windows(self) -> I64:
        """The windows, each once."""
        return self.window[self._starts]

    @property
    def _starts(self) -> I64:
        """Rows at which another window begins."""
        other = np.ones(self.window.size, np.bool_)
        other[1:] = self.window[1:] != self.window[:-1]
        return np.flatnonzero(other)

    def only(self, windows: I64) -> "_Leads":
        """The leads of some of the windows."""
        rows = np.isin(self.window, windows)
        return _Leads(self.window[rows], self.waves[rows], self.envelope[rows])

    def evidence(self, back: Sequence[int]) -> F32:
        """(n_windows, n_back) log odds of the stretches that end so many values ago, mean of the leads."""
        ends = [self.waves.shape[1] - n for n in back]
        stretches = (
            np.stack([x[:, end - _n(STRETCH_S) : end] for end in ends], axis=1)
            for x in (self.waves, self.envelope)
        )
        votes = _votes(features(*stretches))
        starts = self._starts
        total: F32 = np.add.reduceat(votes, starts, axis=0)
        n_leads = np.bincount(self.window)[self.window[starts]].astype(np.float32)
        return total / n_leads[:, None]


def _asked(signals: Signals, leads: _Leads) -> Iterator[tuple[int, Waves]]:
    """Ask the earlier stretches too, of windows in which the newest one is not clearly quiet."""
    recent = leads.evidence(range(0, _n(BACK_S) + 1, _n(STEP_S)))
    now = np.add.reduce(recent, axis=1) / np.float32(recent.shape[1])
    for i, evidence, row in zip(leads.windows.tolist(), now.tolist(), recent, strict=True):
        if evidence <= MIN_EVIDENCE:
            yield i, Waves(evidence)
            continue
        one = leads.only(np.array([i]))
        earlier = one.evidence(range(_n(BACK_S) + _n(STEP_S), WINDOW_N // 2 - _n(STRETCH_S) + 1, _n(STEP_S)))[
            0
        ]
        last = one.waves[:, -_n(STRETCH_S) :]
        onset = int(signals.start[i]) + WINDOW_N - _lasted_n(np.concatenate((row, earlier)))
        yield i, Waves(evidence, *repetition(last), crossings_bpm(last), onset)


def _lasted_n(evidence: F32) -> int:
    """Samples from the start of the earliest stretch in the newest unbroken row of findings to the end."""
    broken = np.flatnonzero(evidence <= 0)
    n_steps = max(int(broken[0]) - 1, 0) if broken.size else evidence.size - 1
    return round((STRETCH_S + n_steps * STEP_S) * FS_HZ)


def _n(seconds: float) -> int:
    return round(seconds * WAVE_HZ)


def _taking_part(signals: Signals, qualities: Sequence[Quality]) -> Bools:
    """(B, 12) assessable leads whose newest signal was received."""
    newest = signals.received[..., -round((STRETCH_S + BACK_S) * FS_HZ) :]
    taking_part: Bools = np.stack([quality.assessable for quality in qualities]) & newest.all(axis=2)
    return taking_part


def _votes(measured: F32) -> F32:
    """Log odds from features, lead by lead."""
    odds = (((measured - MEAN) / SPREAD) * WEIGHT).sum(axis=-1) + BIAS
    votes: F32 = np.where(measured[..., SIZE] < np.log(MIN_SIZE_MV), -CAP, np.clip(odds, -CAP, CAP))
    return votes
