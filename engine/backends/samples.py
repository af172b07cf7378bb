"""Windows that every backend must judge alike: Gaussian waves, with everything that can be missing."""

from typing import Final

import numpy as np

from engine.arrays import F32, I64, Bools
from engine.leads import N_LEADS
from engine.preprocess import BEAT_N, BEFORE_R_N, MODEL_HZ, MODEL_N, N_BEATS, ModelInput

KINDS: Final = ("whole", "one lead", "six leads", "no beats", "gap", "large")

# Height in mV, centre after the R peak in s, width in s.
_WAVES: Final = ((0.12, -0.16, 0.025), (-0.1, -0.03, 0.01), (1.0, 0.0, 0.012), (0.3, 0.26, 0.05))
_GAINS: Final = (0.6, 1.0, 0.4, -0.8, 0.2, 0.7, -0.4, 0.5, 0.8, 1.2, 1.1, 0.9)
_REFRACTORY_N: Final = 40


def sample_batch(n: int) -> ModelInput:
    """The first `n` of an endless series of windows, kinds in turn; always the same ones."""
    windows = [_window(i) for i in range(n)]
    return ModelInput(*(np.stack(part) for part in zip(*windows, strict=True)))


def _window(i: int) -> tuple[F32, F32, F32, F32, F32, I64, F32]:
    kind, rng = KINDS[i % len(KINDS)], np.random.default_rng(i)
    r_peaks = np.cumsum(rng.normal(rng.uniform(70, 95), 3, 30).clip(_REFRACTORY_N)).astype(np.int64)
    r_peaks = r_peaks[r_peaks < MODEL_N][-N_BEATS:]
    signal = _signal(rng, r_peaks) * (30 if kind == "large" else 1)
    valid = np.ones((N_LEADS, MODEL_N), np.bool_)
    if kind == "one lead":
        valid[np.arange(N_LEADS) != 1] = False
    elif kind == "six leads":
        valid[6:] = False
    elif kind == "gap":
        valid[:, 300:460] = False
    signal = np.where(valid, signal, 0).astype(np.float32)
    found = r_peaks[:0] if kind == "no beats" else r_peaks
    beats, beats_valid = _beats(signal, valid, found)
    starts = np.pad(found - BEFORE_R_N, (0, N_BEATS - found.size))
    rr_s = np.full(N_BEATS - 1, np.nan, np.float32)
    rr_s[: max(0, found.size - 1)] = np.diff(found) / MODEL_HZ
    scale = np.maximum(np.ptp(signal, axis=1), 0.08).astype(np.float32)
    return signal, valid.astype(np.float32), scale, beats, beats_valid, starts, rr_s


def _signal(rng: np.random.Generator, r_peaks: I64) -> F32:
    t = np.arange(MODEL_N) / MODEL_HZ
    gains = np.array(_GAINS)[:, None] * rng.normal(1, 0.1, (N_LEADS, 1))
    x = rng.normal(0, 0.01, (N_LEADS, MODEL_N))
    for height, centre, width in _WAVES:
        x += (
            gains
            * height
            * np.exp(-0.5 * ((t - r_peaks[:, None] / MODEL_HZ - centre) / width) ** 2).sum(axis=0)
        )
    return x.astype(np.float32)


def _beats(signal: F32, valid: Bools, r_peaks: I64) -> tuple[F32, F32]:
    beats = np.zeros((N_BEATS, N_LEADS, BEAT_N), np.float32)
    real = np.zeros((N_BEATS, N_LEADS, BEAT_N), np.float32)
    for place, start in enumerate(r_peaks - BEFORE_R_N):
        columns = np.arange(start, start + BEAT_N)
        within = (columns >= 0) & (columns < MODEL_N)
        beats[place][:, within] = signal[:, columns[within]]
        real[place][:, within] = valid[:, columns[within]]
    return beats, real
