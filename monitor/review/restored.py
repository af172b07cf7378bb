"""The model's restoration of a stretch: what it expected to see, to be laid beside what was there."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from engine.arrays import F32, frozen
from engine.backends.backend import Backend
from engine.grid import FS_HZ, WINDOW_N
from engine.preprocess import MODEL_HZ, ModelInput, stack
from engine.scorer import WEIGHTS
from monitor.pipeline.reading import WindowScorer, read
from monitor.pipeline.rhythm_watch import RhythmWatch
from monitor.recording import Strip
from monitor.review.cut import cut_window, is_stored

COMPRESSION_MV: Final = 0.05
"""The network's restoration errors are differences of asinh(mV / this)."""
STEP_N: Final = WINDOW_N // 2


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
        error = _error_mv(reading.score.prepared, backend)
        a = start if number == 0 else start + STEP_N // 2
        b = min(strip.n, start + WINDOW_N)
        x[:, a:b] = strip.x[:, a:b] - error[:, a - start : b - start]
    return Restored(frozen(x))


def _error_mv(prepared: ModelInput, backend: Backend) -> F32:
    """(12, WINDOW_N) float32, mV: signal minus restoration; NaN where nothing was restored."""
    error = backend.run(stack([prepared])).window_error[0]
    restored = COMPRESSION_MV * np.sinh(np.arcsinh(prepared.signal / COMPRESSION_MV) - error)
    away = np.where(prepared.valid > 0, prepared.signal - restored, np.nan)
    fine, coarse = np.arange(WINDOW_N) / FS_HZ, np.arange(away.shape[1]) / MODEL_HZ
    return np.array([np.interp(fine, coarse, row) for row in away], np.float32)
