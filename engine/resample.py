"""From a source's rate to `FS_HZ`, as the samples arrive."""

from fractions import Fraction
from math import ceil
from typing import Final

import numpy as np
from numpy.lib.stride_tricks import as_strided

from engine.arrays import F32, I64, Bools
from engine.errors import ConfigurationError
from engine.grid import FS_HZ, MAX_SOURCE_HZ, MIN_SOURCE_HZ
from engine.leads import N_LEADS

PASS_HZ: Final = 85.0
"""Upper edge of the flat pass-band for sources of 212.5 Hz and more; below, 0.4 of the source's rate."""
STOP_HZ: Final = 150.0
"""Lower edge of the stop-band for sources of 250 Hz and more; below, 0.6 of the source's rate. What lies
between 125 and 150 Hz folds to 100-125 Hz, above everything that later stages look at."""
STOP_DB: Final = 50.0
"""Attenuation of the stop-band; the pass-band ripples by the same 0.3 %."""

_MAX_DENOMINATOR: Final = 100
"""A rate is taken as the nearest fraction of Hz up to this; the error is below 1 ms in an hour."""
_BLOCK_N: Final = 4096
"""Outputs computed at once; bounds memory when a whole record is pushed."""


class Resampler:
    """Streaming linear-phase polyphase FIR (Kaiser-windowed sinc) from `fs_in_hz` to `FS_HZ`.

    Output k belongs to the time k / `FS_HZ` after source sample 0, so nothing is shifted; an output only
    comes `delay_s` later (24 ms at 500 Hz, 80 ms at 100 Hz), when the inputs of its second half have arrived.
    Any chunking gives the same bits. Before the first sample, and after the last at `flush`, the signal is
    held. An output of which any input is invalid is invalid and 0. A source at `FS_HZ` passes unchanged.

    A clipped signal stays clipped: where the highest (or lowest) input of an output is held for a run of
    inputs, as at the rail of an amplifier, the output does not ring beyond it. Later stages see the rail.

    Parameters
    ----------
    fs_in_hz : float
        Rate of the source, 100 to 2000 Hz; need not be an integer.
    n_leads : int
        Rows of what is pushed.

    Notes
    -----
    Flat (0.3 %) up to min(0.4 fs, 85 Hz), 50 dB down from min(0.6 fs, 150 Hz). Each phase of the filter is
    scaled to gain 1 at 0 Hz, so that an electrode offset stays a constant. Method: Crochiere and Rabiner,
    Multirate Digital Signal Processing, 1983; window length: Kaiser, 1974.
    """

    def __init__(self, fs_in_hz: float, n_leads: int = N_LEADS) -> None:
        if not MIN_SOURCE_HZ <= fs_in_hz <= MAX_SOURCE_HZ:
            raise ConfigurationError(
                f"a sampling rate of {fs_in_hz:g} Hz cannot be monitored (possible: {MIN_SOURCE_HZ} to "
                f"{MAX_SOURCE_HZ} Hz); resample the source or correct the rate it states"
            )
        ratio = FS_HZ / Fraction(fs_in_hz).limit_denominator(_MAX_DENOMINATOR)
        self._up, self._down = ratio.numerator, ratio.denominator
        self._taps = _polyphase_taps(fs_in_hz, self._up) if ratio != 1 else np.ones((1, 1), np.float32)
        self._half = self._taps.shape[1] // 2
        self._n_leads = n_leads
        self.delay_s = self._half / fs_in_hz
        self.reset()

    def reset(self) -> None:
        """Forget everything pushed: the next sample is source sample 0."""
        self._x: F32 = np.zeros((self._n_leads, 0), np.float32)
        self._valid: Bools = np.zeros((self._n_leads, 0), np.bool_)
        self._start = 0  # source index of the first buffered sample
        self._n_in = 0
        self._n_out = 0

    def push(self, x: F32, valid: Bools) -> tuple[F32, Bools]:
        """Take the next samples and give the outputs that they complete.

        Parameters
        ----------
        x : (12, n) float32
            Samples, mV. What is invalid may hold anything, NaN included.
        valid : (12, n) bool
            Which samples are real.

        Returns
        -------
        y : (12, m) float32
            Samples at `FS_HZ`, 0 where invalid.
        valid : (12, m) bool
        """
        x = np.where(valid, x, np.float32(0))
        if self._up == self._down:
            return x, valid.copy()
        if self._n_in == 0 and x.shape[1]:
            self._start = 1 - self._half
            self._extend(_held(x[:, :1], self._half - 1), _held(valid[:, :1], self._half - 1))
        self._extend(x, valid)
        self._n_in += x.shape[1]
        return self._emit((self._n_in - self._half) * self._up)

    def n_due(self, n: int) -> int:
        """How many outputs the next `n` samples would complete."""
        if self._up == self._down:
            return n
        end_up = (self._n_in + n - self._half) * self._up
        return max(int(-(-end_up // self._down)) - self._n_out, 0)

    def flush(self) -> tuple[F32, Bools]:
        """Give the outputs up to the source's end, holding its last sample; then `reset`."""
        if self._n_in:
            self._extend(_held(self._x[:, -1:], self._half), _held(self._valid[:, -1:], self._half))
        rest = self._emit(self._n_in * self._up)
        self.reset()
        return rest

    def _extend(self, x: F32, valid: Bools) -> None:
        self._x = np.concatenate((self._x, x), axis=1)
        self._valid = np.concatenate((self._valid, valid), axis=1)

    def _emit(self, end_up: int) -> tuple[F32, Bools]:
        """Compute the outputs due before `end_up` (in samples of the common multiple rate)."""
        stop = max(-(-end_up // self._down), self._n_out)
        pieces = [
            self._outputs(first, min(first + _BLOCK_N, stop)) for first in range(self._n_out, stop, _BLOCK_N)
        ]
        self._n_out = stop
        self._forget()
        if len(pieces) == 1:
            return pieces[0]
        y = np.concatenate([self._x[:, :0], *(piece[0] for piece in pieces)], axis=1)
        return y, np.concatenate([self._valid[:, :0], *(piece[1] for piece in pieces)], axis=1)

    def _outputs(self, first: int, stop: int) -> tuple[F32, Bools]:
        base, phase = np.divmod(np.arange(first, stop) * self._down, self._up)
        at = (base - (self._half - 1 + self._start))[:, None] + np.arange(2 * self._half)
        inputs = self._stretches(at)
        # Sums along the contiguous axis alone: their order of additions, and so every bit, does not depend on
        # how many outputs are computed together, which matmul would not promise.
        y: F32 = np.einsum("lkt,kt->lk", inputs, self._taps[phase])
        self._hold_rails(y, at)
        if self._valid.all():
            return y, np.ones(y.shape, np.bool_)
        valid: Bools = np.logical_and.reduce(np.take(self._valid, at, axis=1), axis=2)
        return np.where(valid, y, np.float32(0)), valid

    def _stretches(self, at: I64) -> F32:
        """(12, m, n) float32: the inputs of each output; a view where these lie evenly."""
        if self._up > 1 or not at.size:
            return np.take(self._x, at, axis=1)
        along, step = self._x.strides
        first = self._x[:, at[0, 0] :]
        return as_strided(first, (len(first), *at.shape), (along, self._down * step, step), writeable=False)

    def _hold_rails(self, y: F32, at: I64) -> None:
        """Keep outputs within the inputs they are made of, where the outermost of these is held for a run.

        On a living signal that is the top of a wave on coarse steps, which moves by less than one of them.
        """
        run = self._half // 2  # so short that whole runs lie within the inputs of every output near a rail
        same = self._x[:, 1:] == self._x[:, :-1]
        if not same.any():
            return
        begins = same[:, : same.shape[1] - run + 2].copy()
        for later in range(1, run - 1):
            begins &= same[:, later : later + begins.shape[1]]
        if not begins.any():
            return
        inside = at[:, : 2 * self._half - run + 1]
        constant = same.all(axis=1) & begins.any(axis=1)  # a lead that is not there, most of the time
        y[constant] = self._x[constant, :1]
        for lead in np.flatnonzero(begins.any(axis=1) & ~constant):
            near = np.flatnonzero(begins[lead][inside].any(axis=1))
            inputs = self._x[lead][at[near]]
            held, values = begins[lead][inside[near]], inputs[:, : inside.shape[1]]
            top, bottom = inputs.max(axis=1), inputs.min(axis=1)
            at_top = np.where(held, values, -np.inf).max(axis=1, initial=-np.inf) == top
            at_bottom = np.where(held, values, np.inf).min(axis=1, initial=np.inf) == bottom
            y[lead, near] = np.clip(
                y[lead, near], np.where(at_bottom, bottom, -np.inf), np.where(at_top, top, np.inf)
            )

    def _forget(self) -> None:
        """Drop the inputs that no further output needs."""
        needed = self._n_out * self._down // self._up - self._half + 1
        spent = min(max(needed - self._start, 0), self._x.shape[1])
        self._x, self._valid = self._x[:, spent:], self._valid[:, spent:]
        self._start += spent


def resample_whole(x: F32, valid: Bools, fs_in_hz: float) -> tuple[F32, Bools]:
    """Resample a finished record to `FS_HZ`, exactly as if it had been streamed to its end.

    Parameters
    ----------
    x : (n_leads, n) float32
        Samples, mV. What is invalid may hold anything, NaN included.
    valid : (n_leads, n) bool
        Which samples are real.
    fs_in_hz : float
        The record's rate, 100 to 2000 Hz.

    Returns
    -------
    y : (n_leads, ceil(n * FS_HZ / fs_in_hz)) float32
    valid : the same shape, bool
    """
    resampler = Resampler(fs_in_hz, n_leads=x.shape[0])
    (head, head_valid), (tail, tail_valid) = resampler.push(x, valid), resampler.flush()
    return np.concatenate((head, tail), axis=1), np.concatenate((head_valid, tail_valid), axis=1)


def _held(edge: np.ndarray, n: int) -> np.ndarray:
    return np.repeat(edge, n, axis=1)


def _polyphase_taps(fs_in_hz: float, up: int) -> F32:
    """(up, 2 half) taps: row p weighs the inputs around a time p / up samples after an input."""
    pass_hz, stop_hz = min(0.4 * fs_in_hz, PASS_HZ), min(0.6 * fs_in_hz, STOP_HZ)
    cutoff = (pass_hz + stop_hz) / 2 / fs_in_hz
    half = ceil((STOP_DB - 7.95) / 14.36 / ((stop_hz - pass_hz) / fs_in_hz) / 2)
    beta = 0.5842 * (STOP_DB - 21) ** 0.4 + 0.07886 * (STOP_DB - 21)
    lag = np.arange(1 - half, half + 1) - np.arange(up)[:, None] / up
    window = np.i0(beta * np.sqrt(np.maximum(0.0, 1 - (lag / half) ** 2)))
    taps = np.sinc(2 * cutoff * lag) * window
    scaled: F32 = (taps / taps.sum(axis=1, keepdims=True)).astype(np.float32)
    return scaled
