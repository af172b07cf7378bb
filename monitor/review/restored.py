"""The model's restoration of a stretch: what it expected to see, to be laid beside what was there."""

from dataclasses import dataclass
from math import ceil, floor
from typing import Final

import numpy as np

from engine.arrays import F32, frozen
from engine.backends.backend import Backend
from engine.grid import FS_HZ, WINDOW_N
from engine.preprocess import BEAT_N, BEFORE_R_N, MODEL_HZ, N_BEATS, ModelInput, stack
from engine.scorer import WEIGHTS
from monitor.pipeline.reading import Reading, WindowScorer, read
from monitor.pipeline.rhythm_watch import RhythmWatch
from monitor.recording import Strip
from monitor.review.cut import cut_window, is_stored

COMPRESSION_MV: Final = 0.05
"""The network's restoration errors are differences of asinh(mV / this)."""
STEP_N: Final = WINDOW_N // 2
_BEAT_S: Final = (np.arange(BEAT_N) - BEFORE_R_N) / MODEL_HZ
"""Samples of a beat, from its R peak."""


@dataclass(frozen=True, slots=True, eq=False)
class Restored:
    """A stretch as the model would have it."""

    x: F32
    """(12, n) float32, mV, the stored signal less its restoration error; NaN where nothing was restored."""


def load_backend() -> Backend:
    """The network that comes with the package."""
    from engine.backends.onnx import OnnxBackend
    from engine.checkpoint import load_checkpoint

    sha256 = load_checkpoint(WEIGHTS / "mcr.safetensors").sha256
    return OnnxBackend(WEIGHTS / "mcr.onnx", sha256)


def restore(strip: Strip, scorer: WindowScorer, backend: Backend) -> Restored:
    """Restore a strip in windows that overlap by half; each answers for its middle.

    Only the band that the model sees is restored: slow wander and what lies above 40 Hz are those of the
    signal. Where the amplitude is unknown, nothing can be laid beside it.
    """
    x = np.full(strip.x.shape, np.nan, np.float32)
    last = max(0, strip.n - WINDOW_N)
    for number, start in enumerate(sorted({*range(0, last, STEP_N), last})):
        end_sample = strip.start_sample + start + WINDOW_N
        if not strip.calibrated or not is_stored(strip, end_sample, WINDOW_N / FS_HZ):
            continue
        (reading,) = read([cut_window(strip, end_sample)], [RhythmWatch()], scorer)
        if reading.score.prepared is None:
            continue
        error = _error_mv(reading, reading.score.prepared, backend)
        a = start if number == 0 else start + STEP_N // 2
        b = min(strip.n, start + WINDOW_N)
        x[:, a:b] = strip.x[:, a:b] - error[:, a - start : b - start]
    return Restored(frozen(x))


def _error_mv(reading: Reading, prepared: ModelInput, backend: Backend) -> F32:
    """(12, WINDOW_N) float32, mV: signal minus restoration, NaN where nothing was restored.

    The local branch answers for the beats, the global one for what lies between them.
    """
    outputs = backend.run(stack([prepared]))
    between = _away(prepared.signal, outputs.window_error[0], prepared.valid)
    fine, coarse = np.arange(WINDOW_N) / FS_HZ, np.arange(between.shape[1]) / MODEL_HZ
    error = np.array([np.interp(fine, coarse, row) for row in between], np.float32)
    beats = _away(prepared.beats, outputs.beat_error[0], prepared.beats_valid)
    for beat, r_peak in zip(beats, reading.beats.r_peaks[-N_BEATS:].tolist(), strict=False):
        at_s = (r_peak - reading.window.start_sample) / FS_HZ + _BEAT_S
        a, b = max(0, ceil(at_s[0] * FS_HZ)), min(WINDOW_N, floor(at_s[-1] * FS_HZ) + 1)
        for lead, row in enumerate(beat):
            found = np.interp(fine[a:b], at_s, row)
            error[lead, a:b] = np.where(np.isfinite(found), found, error[lead, a:b])
    return error


def _away(x: F32, error: F32, valid: F32) -> F32:
    """Signal minus restoration, mV; NaN where not valid."""
    restored = COMPRESSION_MV * np.sinh(np.arcsinh(x / COMPRESSION_MV) - error)
    away: F32 = np.where(valid > 0, x - restored, np.float32(np.nan))
    return away
