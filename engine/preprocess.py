"""From a finished window to what the model sees: the one implementation for training, tests and live use.

The band is cut and the grid changed in one step, in the frequency domain: 250 Hz in, 500 Hz between (where
every R peak of the 250 Hz grid and every sample of the 100 Hz grid has a place), 100 Hz out. Beats are cut
on their R peak without rounding it to the coarse grid.
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from scipy.fft import irfft, rfft

from engine.arrays import F32, F64, I64, Bools, for_rows, frozen
from engine.beats import Beats
from engine.filters import bridge
from engine.grid import FS_HZ, WINDOW_N, WINDOW_S
from engine.quality import Quality
from engine.signals import Signals, condition
from engine.window import Window

MODEL_HZ: Final = 100
MODEL_N: Final = MODEL_HZ * WINDOW_S
MAP_HZ: Final = MODEL_HZ
MAP_N: Final = MODEL_N
"""The score map lives on the model's own grid."""

N_BEATS: Final = 16
"""Beats cut out of a window: its newest ones. Older beats were seen by earlier windows."""
BEAT_N: Final = 80
BEFORE_R_N: Final = 28
"""A beat is 0.8 s at `MODEL_HZ`, 0.28 s of it before the R peak: P wave to the end of T."""

HIGHPASS_HZ: Final = 0.5
LOWPASS_HZ: Final = (36.0, 47.0)
"""-3 dB edge against baseline wander; upper edge as a raised cosine (pass, stop)."""
MAX_MV: Final = 50.0
"""Values beyond this come from no heart; they are clipped before they meet a filter."""
MIN_SCALE_MV: Final = 0.08
"""A lead's scale is never less: noise of a silent lead is not blown up to the size of a heartbeat."""

_FINE_HZ: Final = 500
_PAD_N: Final = FS_HZ
_TOWARDS_START: Final = np.linspace(0, 1, _PAD_N + 2)[1:-1].astype(np.float32)


@dataclass(frozen=True, slots=True, eq=False)
class ModelInput:
    """One window as the model sees it; stacked along a new first axis for a batch."""

    signal: F32
    """(12, MODEL_N) float32, mV, band-limited; 0 where `valid` is 0."""
    valid: F32
    """(12, MODEL_N) float32, 1 where a sample of an assessable lead was received."""
    scale: F32
    """(12,) float32, mV, the lead's typical peak-to-peak amplitude within a second."""
    beats: F32
    """(N_BEATS, 12, BEAT_N) float32, mV, the newest beats, oldest first, aligned on R; 0 where not valid."""
    beats_valid: F32
    """(N_BEATS, 12, BEAT_N) float32, 1 where real; all 0 for a place without a beat."""
    beat_starts: I64
    """(N_BEATS,) int64, place of each beat's first sample in the window at `MODEL_HZ`, may be negative."""
    rr_s: F32
    """(N_BEATS - 1,) float32, seconds from each beat to the next; NaN where there is none."""

    @property
    def leads(self) -> Bools:
        """(..., 12) bool: leads with any signal."""
        present: Bools = np.asarray(self.valid.any(axis=-1))
        return present

    def at(self, i: int) -> "ModelInput":
        """One window of a batch."""
        return ModelInput(*(getattr(self, field.name)[i] for field in fields(ModelInput)))


def prepare(signals: Signals, qualities: Sequence[Quality], beats: Sequence[Beats]) -> ModelInput:
    """Make the model's input from windows.

    Parameters
    ----------
    signals : Signals
        The windows.
    qualities : sequence of Quality
        One for each window; only assessable leads are kept.
    beats : sequence of Beats
        R peaks of each window.

    Returns
    -------
    ModelInput
        Of all windows, stacked. Arrays are finite, except for intervals that do not exist.

    Notes
    -----
    Zero-phase band-pass from 0.5 to 40 Hz. The window's ends are joined by a straight line over one second
    before filtering, so that an offset between them is no step.
    """
    assessable = np.stack([quality.assessable for quality in qualities])
    received = signals.received & assessable[..., None]
    fine = for_rows(assessable, _band_limited, np.clip(signals.x, -MAX_MV, MAX_MV))
    signal, valid = _on_model_grid(fine, received)
    r_peaks = [(one.r_peaks - start)[-N_BEATS:] for one, start in zip(beats, signals.start, strict=True)]
    cut, cut_valid = _cut_beats(fine, received, r_peaks)
    starts = [np.rint(at * (MODEL_HZ / FS_HZ)).astype(np.int64) - BEFORE_R_N for at in r_peaks]
    return ModelInput(
        signal=frozen(signal),
        valid=frozen(valid.astype(np.float32)),
        scale=frozen(np.maximum(_typical_span(signal, valid), np.float32(MIN_SCALE_MV))),
        beats=frozen(cut),
        beats_valid=frozen(cut_valid),
        beat_starts=frozen(np.stack([_padded_to(at) for at in starts])),
        rr_s=frozen(np.stack([_intervals_s(at) for at in r_peaks])),
    )


def input_of(window: Window, quality: Quality, beats: Beats) -> ModelInput:
    """Prepare a single window, not stacked; see `prepare`."""
    return prepare(condition([window]), [quality], [beats]).at(0)


def typical_span(x: F32, received: Bools) -> F32:
    """Measure how large each lead is: `ModelInput.scale` without its floor, and in any unit.

    Parameters
    ----------
    x : (12, WINDOW_N) float32
        Finite samples.
    received : (12, WINDOW_N) bool
        Which of them are real.

    Returns
    -------
    (12,) float32
        In the unit of `x`; 0 for a lead without a second of signal.
    """
    return _typical_span(*_on_model_grid(_band_limited(bridge(x, received)), received))


def stack(inputs: Sequence[ModelInput]) -> ModelInput:
    """Join inputs along a new first axis."""
    names = [field.name for field in fields(ModelInput)]
    joined: dict[str, NDArray[Any]] = {
        name: frozen(np.stack([getattr(one, name) for one in inputs])) for name in names
    }
    return ModelInput(**joined)


def _band_limited(x: F32) -> F32:
    """(..., WINDOW_N) at 250 Hz to (..., 2 WINDOW_N) at 500 Hz, band-limited, without delay."""
    n_padded = WINDOW_N + _PAD_N
    padded = np.empty((*x.shape[:-1], n_padded), np.float32)
    padded[..., :WINDOW_N] = x
    padded[..., WINDOW_N:] = x[..., -1:] + (x[..., :1] - x[..., -1:]) * _TOWARDS_START
    spectrum = rfft(padded, overwrite_x=True)
    f_hz = np.fft.rfftfreq(n_padded, 1 / FS_HZ)
    n_passed = int(np.searchsorted(f_hz, LOWPASS_HZ[1]))
    ratio = _FINE_HZ // FS_HZ
    passed = spectrum[..., :n_passed] * (_gain(f_hz[:n_passed]) * ratio).astype(np.float32)
    fine: F32 = irfft(passed, n_padded * ratio)
    return fine[..., : WINDOW_N * ratio]


def _gain(f_hz: NDArray[np.floating[Any]]) -> F64:
    """Gaussian high-pass (short in time, no ringing after a QRS complex) times a raised-cosine low-pass."""
    high = 1 - np.exp(-1.228 * (f_hz / HIGHPASS_HZ) ** 2)
    start, stop = LOWPASS_HZ
    low = 0.5 + 0.5 * np.cos(np.pi * np.clip((f_hz - start) / (stop - start), 0, 1))
    gain: F64 = high * low
    return gain


def _on_model_grid(fine: F32, received: Bools) -> tuple[F32, Bools]:
    # Two of every five samples, those at or just before a place of the model's grid.
    valid = np.stack((received[..., 0::5], received[..., 2::5]), axis=-1).reshape(
        *received.shape[:-1], MODEL_N
    )
    return fine[..., :: _FINE_HZ // MODEL_HZ] * valid, valid


def _typical_span(signal: F32, valid: Bools) -> F32:
    """Median over the seconds of the peak-to-peak amplitude; a spike or a pause does not move it."""
    seconds = signal.reshape(*signal.shape[:-1], WINDOW_S, MODEL_HZ)
    if valid.all():
        whole: F32 = np.median(seconds.max(axis=-1) - seconds.min(axis=-1), axis=-1)
        return whole
    real = valid.reshape(seconds.shape)
    span = np.where(real, seconds, -np.inf).max(axis=-1) - np.where(real, seconds, np.inf).min(axis=-1)
    enough = real.mean(axis=-1) > 0.5
    ordered = np.sort(np.where(enough, span, np.nan), axis=-1)  # NaN last
    n = enough.sum(axis=-1)
    middles = np.maximum(n - 1, 0) // 2, np.minimum(n // 2, WINDOW_S - 1)
    low, high = (np.take_along_axis(ordered, at[..., None], axis=-1)[..., 0] for at in middles)
    return np.where(n > 0, (low + high) / 2, 0.0).astype(np.float32)


def _cut_beats(fine: F32, received: Bools, r_peaks: Sequence[I64]) -> tuple[F32, F32]:
    """Two of (B, N_BEATS, 12, BEAT_N): the newest beats and what of them was received."""
    step, ratio = _FINE_HZ // MODEL_HZ, _FINE_HZ // FS_HZ
    exists = np.arange(N_BEATS) < np.array([at.size for at in r_peaks])[:, None]
    places = np.stack([_padded_to(at) for at in r_peaks]) * ratio
    at = places[..., None] + (np.arange(BEAT_N) - BEFORE_R_N) * step
    inside = (at >= 0) & (at < fine.shape[2]) & exists[..., None]
    at = np.clip(at, 0, fine.shape[2] - 1)
    real = inside[:, :, None] & _along(received, at // ratio)
    return _along(fine, at) * real, real.astype(np.float32)


def _along(x: NDArray[Any], at: I64) -> NDArray[Any]:
    """(B, 12, n) at places (B, k, m): (B, k, 12, m)."""
    taken = [np.take(row, places, axis=1) for row, places in zip(x, at, strict=True)]
    return np.stack(taken).transpose(0, 2, 1, 3)


def _padded_to(starts: I64) -> I64:
    return np.pad(starts, (0, N_BEATS - starts.size))


def _intervals_s(r_peaks: I64) -> F32:
    rr_s = np.full(N_BEATS - 1, np.nan, np.float32)
    rr_s[: max(0, r_peaks.size - 1)] = np.diff(r_peaks) / FS_HZ
    return rr_s
