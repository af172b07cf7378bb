"""From a finished window to what the model sees: the one implementation for training, tests and live use.

The band is cut and the grid changed in one step, in the frequency domain: 250 Hz in, 500 Hz between (where
every R peak of the 250 Hz grid and every sample of the 100 Hz grid has a place), 100 Hz out. Beats are cut
on their R peak without rounding it to the coarse grid.
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from functools import cache
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from scipy.fft import irfft, rfft

from engine.arrays import F32, F64, I64, Bools, for_rows, frozen
from engine.beats import Beats
from engine.filters import bridge, runs
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
_GROUP_N: Final = 24
"""Leads filtered at once: what more of them need leaves the processor's cache."""
_PHASES: Final = _FINE_HZ // MODEL_HZ
_PHASE_N: Final = (WINDOW_N + _PAD_N) * MODEL_HZ // FS_HZ
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
        present: Bools = np.asarray(self.valid.max(axis=-1) > 0)
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
    valid = _on_model_grid(received)
    signal = fine[..., :MODEL_N] * valid
    found = [one.r_peaks[-N_BEATS:] - start for one, start in zip(beats, signals.start.tolist(), strict=True)]
    n = np.array([at.size for at in found])
    r_peaks = np.zeros((len(found), N_BEATS), np.int64)
    exists = np.arange(N_BEATS) < n[:, None]
    r_peaks[exists] = np.concatenate(found)
    cut, cut_valid = _cut_beats(fine, received, assessable & signals.whole, r_peaks, exists)
    rr_s = np.full((len(found), N_BEATS - 1), np.nan, np.float32)
    np.divide(r_peaks[:, 1:] - r_peaks[:, :-1], FS_HZ, out=rr_s, where=exists[:, 1:], casting="same_kind")
    starts = np.rint(r_peaks * (MODEL_HZ / FS_HZ)).astype(np.int64) - BEFORE_R_N
    return ModelInput(
        signal=frozen(signal),
        valid=frozen(valid.astype(np.float32)),
        scale=frozen(np.maximum(_typical_span(signal, valid), np.float32(MIN_SCALE_MV))),
        beats=frozen(cut),
        beats_valid=frozen(cut_valid),
        beat_starts=frozen(np.where(exists, starts, 0)),
        rr_s=frozen(rr_s),
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
    valid = _on_model_grid(received)
    return _typical_span(_band_limited(bridge(x, received))[..., :MODEL_N] * valid, valid)


def stack(inputs: Sequence[ModelInput]) -> ModelInput:
    """Join inputs along a new first axis."""
    names = [field.name for field in fields(ModelInput)]
    joined: dict[str, NDArray[Any]] = {
        name: frozen(np.stack([getattr(one, name) for one in inputs])) for name in names
    }
    return ModelInput(**joined)


def _band_limited(x: F32) -> F32:
    """(..., WINDOW_N) at 250 Hz to (..., _PHASES * _PHASE_N) at 500 Hz, band-limited, without delay: every
    fifth sample from the first one on, which is the model's grid, then every fifth from the second on, and
    so on. Each phase is a short transform, and beats are slices of one.
    """
    rows = x.reshape(-1, WINDOW_N)
    fine = np.empty((len(rows), _PHASES * _PHASE_N), np.float32)
    padded = np.empty((_GROUP_N, WINDOW_N + _PAD_N), np.float32)
    gain = _phased_gain()
    passed = np.zeros((_GROUP_N, _PHASES, _PHASE_N // 2 + 1), np.complex64)
    for group in (slice(at, at + _GROUP_N) for at in range(0, len(rows), _GROUP_N)):
        some = padded[: len(rows[group])]
        some[:, :WINDOW_N] = rows[group]
        last, first = some[:, WINDOW_N - 1, None], some[:, :1]
        np.multiply(first - last, _TOWARDS_START, out=some[:, WINDOW_N:])
        some[:, WINDOW_N:] += last
        spectrum = rfft(some)[:, None, : gain.shape[1]]
        np.multiply(spectrum, gain, out=passed[: len(some), :, : gain.shape[1]])
        fine[group] = irfft(passed[: len(some)], _PHASE_N).reshape(len(some), _PHASES * _PHASE_N)
    return fine.reshape(*x.shape[:-1], _PHASES * _PHASE_N)


@cache
def _phased_gain() -> NDArray[np.complex64]:
    """(_PHASES, bins): the band-pass, and the shift of each phase."""
    n_padded = WINDOW_N + _PAD_N
    f_hz = np.fft.rfftfreq(n_padded, 1 / FS_HZ)
    f_hz = f_hz[: int(np.searchsorted(f_hz, LOWPASS_HZ[1]))]
    shift = np.exp(2j * np.pi * f_hz * np.arange(_PHASES)[:, None] / _FINE_HZ)
    scale = _PHASE_N / n_padded  # of a shorter transform back
    return frozen((_gain(f_hz) * scale * shift).astype(np.complex64))


def _gain(f_hz: NDArray[np.floating[Any]]) -> F64:
    """Gaussian high-pass (short in time, no ringing after a QRS complex) times a raised-cosine low-pass."""
    high = 1 - np.exp(-1.228 * (f_hz / HIGHPASS_HZ) ** 2)
    start, stop = LOWPASS_HZ
    low = 0.5 + 0.5 * np.cos(np.pi * np.clip((f_hz - start) / (stop - start), 0, 1))
    gain: F64 = high * low
    return gain


def _on_model_grid(received: Bools) -> Bools:
    # Two of every five samples, those at or just before a place of the model's grid.
    valid = np.empty((*received.shape[:-1], MODEL_N), np.bool_)
    valid[..., 0::2], valid[..., 1::2] = received[..., 0::5], received[..., 2::5]
    return valid


def _typical_span(signal: F32, valid: Bools) -> F32:
    """Median over the seconds of the peak-to-peak amplitude; a spike or a pause does not move it."""
    shape = (*signal.shape[:-1], WINDOW_S)
    if valid.all():
        flat, starts = signal.reshape(-1), np.arange(0, signal.size, MODEL_HZ)
        spans = np.maximum.reduceat(flat, starts) - np.minimum.reduceat(flat, starts)
        whole: F32 = np.sort(spans.reshape(shape), axis=-1)
        return np.float32(0.5) * (whole[..., (WINDOW_S - 1) // 2] + whole[..., WINDOW_S // 2])
    seconds, real = signal.reshape(*shape, MODEL_HZ), valid.reshape(*shape, MODEL_HZ)
    span = np.where(real, seconds, -np.inf).max(axis=-1) - np.where(real, seconds, np.inf).min(axis=-1)
    enough = real.mean(axis=-1) > 0.5
    ordered = np.sort(np.where(enough, span, np.nan), axis=-1)  # NaN last
    n = enough.sum(axis=-1)
    middles = np.maximum(n - 1, 0) // 2, np.minimum(n // 2, WINDOW_S - 1)
    low, high = (np.take_along_axis(ordered, at[..., None], axis=-1)[..., 0] for at in middles)
    return np.where(n > 0, (low + high) / 2, 0.0).astype(np.float32)


def _cut_beats(fine: F32, received: Bools, whole: Bools, r_peaks: I64, exists: Bools) -> tuple[F32, F32]:
    """Two of (B, N_BEATS, 12, BEAT_N): the newest beats and what of them was received; `whole` (B, 12) leads
    were throughout.
    """
    ratio = _FINE_HZ // FS_HZ
    first, phase = np.divmod(r_peaks * ratio, _PHASES)
    first -= BEFORE_R_N
    at = (first[..., None] + np.arange(BEAT_N)) * _PHASES + phase[..., None]
    inside = (at >= 0) & (at < WINDOW_N * ratio) & exists[..., None]
    real = inside[:, :, None] & whole[:, None, :, None]
    for window, lead in zip(*np.nonzero(~whole), strict=True):
        place = np.clip(at[window] // ratio, 0, WINDOW_N - 1)
        real[window, :, lead] = inside[window] & received[window, lead, place]
    window, beat = np.nonzero(exists)
    start = (phase * _PHASE_N + first)[window, beat]
    taken = runs(fine, BEAT_N)[window, :, np.maximum(start, 0)]
    for row in np.flatnonzero(start < 0).tolist():
        taken[row, :, -start[row] :] = fine[window[row], :, : BEAT_N + start[row]]
    cut = np.zeros(real.shape, np.float32)
    cut[window, beat] = taken
    cut *= real
    return cut, real.astype(np.float32)
