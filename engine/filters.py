"""Zero-phase filters for finished windows, all leads at once.

Every kernel is Gaussian in time and therefore short: away from the window's edges its output does not depend
on where the window begins, so overlapping windows agree on what they share.
"""

from functools import cache
from typing import Final

import numpy as np
from scipy.fft import ifft, rfft

from engine.arrays import F32, A, Bools, frozen
from engine.grid import FS_HZ

QRS_CENTRE_HZ: Final = 12.0
QRS_SIGMA_HZ: Final = 5.0
"""The QRS band: most of a QRS complex, little of P and T waves (Thakor, Webster and Tompkins 1984)."""
WANDER_SIGMA_HZ: Final = 3.0
"""Below this even large baseline wander leaves nothing."""

SPIKE_N: Final = 5
"""Samples (20 ms): a pacing spike is narrower, the tip of a QRS complex may be."""
SPIKE_AROUND_N: Final = 21
MIN_SPIKE_SHARE: Final = 0.02
"""Nothing smaller than this share of what its lead spans is taken for one."""
SPIKE_RATIO: Final = 3.0
"""A spike is so many times higher than the range of the rest of the signal within these samples (84 ms)."""

ENVELOPE_HZ: Final = FS_HZ // 2
"""Samples per second of envelopes; sample k lies on sample 2 k of the window."""

_SEGMENT_S: Final = 2.0
"""The largest envelope in this time is a QRS complex down to 30 beats/min."""

_BACKGROUND_STEP: Final = 2

_PAD_S: Final = 0.4
"""Held signal added at the end, so that the circular convolution does not join the window's two ends."""


def bridge(x: F32, valid: Bools) -> F32:
    """Join the valid stretches of each lead: what follows a gap is shifted to where the signal stopped.

    An electrode may come back with another offset; a filter must not see that as a step.

    Parameters
    ----------
    x : (..., n) float32
        mV, near zero (large offsets cost single precision); anything finite where invalid.
    valid : (..., n) bool
        Real samples.

    Returns
    -------
    (..., n) float32
        The signal, with made-up values where `valid` is false: only ever a filter's input. `x` itself where
        nothing is missing.
    """
    broken = ~valid.all(axis=-1)
    if not broken.any():
        return x
    known: Bools = np.asarray(valid.any(axis=-1))
    bridged = np.where(known[..., None], x, np.float32(0))
    at = np.arange(x.shape[-1])
    for row in zip(*np.nonzero(broken & known), strict=True):
        places = np.flatnonzero(valid[row])
        steps = np.diff(bridged[row][places].astype(np.float64), prepend=0.0)
        steps[1:][np.diff(places) > 1] = 0.0
        bridged[row] = np.interp(at, places, np.cumsum(steps))
    return bridged


def without_spikes(x: F32) -> F32:
    """Cut off pacing spikes: narrow, and far higher than all that the signal does around them.

    A pacemaker goes on over a heart that no longer answers; its spikes must not pass for beats. The tip of a
    QRS complex stands on the complex and stays.

    Parameters
    ----------
    x : (..., n) float32
        mV, without gaps (`bridge`).

    Returns
    -------
    (..., n) float32
        Morphological opening, then closing (Serra 1982), with a flat element of `SPIKE_N`; only at spikes of
        at least `MIN_SPIKE_SHARE`. `x` itself where there is none.

    Notes
    -----
    Rows are laid end to end, each held beyond its ends: operations on one long row take a third of the time.
    """
    around, cut = SPIKE_AROUND_N // 2, SPIKE_N - 1
    pad = 2 * cut + around
    held_x = held(x, pad)
    flat = held_x.reshape(-1)
    smooth = _combined(
        np.minimum, _combined(np.maximum, _combined(np.minimum, flat, SPIKE_N), 2 * cut + 1), SPIKE_N
    )
    aside = np.abs(flat[2 * cut : -2 * cut] - smooth)
    # What a spike must exceed: a share of what its lead spans, and the rest's way from one side to the other.
    least = MIN_SPIKE_SHARE * (x.max(axis=-1) - x.min(axis=-1))
    limit = np.abs(smooth[2 * around :] - smooth[: -2 * around])
    limit *= np.float32(SPIKE_RATIO)
    np.maximum(limit, np.repeat(least, held_x.shape[-1])[pad:-pad], out=limit)
    at = np.flatnonzero(aside[around:-around] > limit) + around
    for step in (around // 2, 1):  # a few places refute most of them
        near = [smooth[at + k] for k in range(-around, around + 1, step)]
        at = at[aside[at] > SPIKE_RATIO * (np.maximum.reduce(near) - np.minimum.reduce(near))]
    if not at.size:
        return x
    places = (at[:, None] + np.arange(-(SPIKE_N // 2), SPIKE_N // 2 + 1)).reshape(-1)
    flat[places + 2 * cut] = smooth[places]
    calm: F32 = held_x[..., pad:-pad]
    return np.ascontiguousarray(calm)


def _combined(of: np.ufunc, x: F32, n: int) -> F32:
    """(m,) to (m - n + 1,): every `n` neighbours combined."""
    done = 1
    while done < n:
        step = min(done, n - done)
        x = of(x[:-step], x[step:])
        done += step
    return x


def running(of: np.ufunc, x: A, n: int) -> A:
    """Combine every `n` (odd) neighbouring samples by a ufunc to which repetition means nothing.

    Parameters
    ----------
    of : ufunc
        `np.minimum`, `np.maximum`, `np.logical_and` or `np.logical_or`.
    x : (..., m)
        Any type.
    n : int
        Samples combined, centred; beyond its ends the signal is held.

    Returns
    -------
    (..., m)
        Of the same type.
    """
    combined = held(x, n // 2)
    done = 1
    while done < n:
        step = min(done, n - done)
        combined = of(combined[..., :-step], combined[..., step:])
        done += step
    return combined


def qrs_envelope(x: F32) -> F32:
    """Envelope of the QRS band: magnitude of a Gaussian quadrature filter (Gabor 1946), without delay.

    A QRS complex becomes one hump of some 100 ms, whatever its shape and polarity.

    Parameters
    ----------
    x : (..., n) float32
        mV, without gaps (`bridge`) and large offsets.

    Returns
    -------
    (..., n // 2) float32
        mV, at `ENVELOPE_HZ`: the band ends far below half of that.
    """
    n = x.shape[-1]
    n_padded = n + 2 * round(_PAD_S * FS_HZ)
    # Half a padding of the last value and half of the first: the circle closes far off.
    n_tail = (n_padded - n) // 2
    spectrum = rfft(_held(x, n_padded - n - n_tail, n_tail), overwrite_x=True)
    gain = _qrs_gain(n_padded)
    # Positive frequencies alone make the signal analytic, half as many make it half the rate; the gain 2 of
    # the one cancels the 1/2 of the other.
    band = np.zeros((*x.shape[:-1], n_padded // 2), spectrum.dtype)
    np.multiply(spectrum[..., : gain.size], gain, out=band[..., : gain.size])
    first = (n_padded - n - n_tail) // 2
    analytic = ifft(band, overwrite_x=True)[..., first : first + n // 2]
    envelope: F32 = np.abs(analytic)
    return envelope


@cache
def _qrs_gain(n: int) -> F32:
    """Of the lower half of the spectrum of `n` samples."""
    f_hz = np.arange(n // 4) * FS_HZ / n
    gain = np.exp(-0.5 * ((f_hz - QRS_CENTRE_HZ) / QRS_SIGMA_HZ) ** 2)
    gain *= 1 - np.exp(-0.5 * (f_hz / WANDER_SIGMA_HZ) ** 2)
    return frozen(gain.astype(np.float32))


def held(x: A, n_more: int) -> A:
    """Repeat the first and the last of (..., n) samples, `n_more` times each."""
    return _held(x, n_more, n_more)


def runs(x: A, n: int) -> A:
    """(..., k) contiguous to (..., k - n + 1, n), all runs of so many neighbours: a view."""
    shape = (*x.shape[:-1], x.shape[-1] - n + 1, n)
    return np.ndarray(shape, x.dtype, x, strides=(*x.strides, x.strides[-1]))  # type: ignore[return-value]


def _held(x: A, n_before: int, n_after: int) -> A:
    """Repeat the first and the last value of each row."""
    n = x.shape[-1]
    held = np.empty((*x.shape[:-1], n_before + n + n_after), x.dtype)
    held[..., :n_before], held[..., n_before + n :] = x[..., :1], x[..., -1:]
    held[..., n_before : n_before + n] = x
    return held  # type: ignore[return-value]


def qrs_level(envelope: F32, valid: Bools) -> tuple[F32, F32]:
    """How high the QRS complexes of each lead typically stand, and the background they stand on.

    The level is the median over the 2 s segments of the largest envelope in each, so neither one artefact nor
    premature beats move it much; but at least a quarter of the second largest, for
    hearts slower than a segment.

    Parameters
    ----------
    envelope : (..., m) float32
        Of `qrs_envelope`, mV; 0 where not valid.
    valid : (..., m) bool
        Where the envelope means something.

    Returns
    -------
    level : (...) float32
        mV.
    background : (...) float32
        Median envelope, mV, of every `_BACKGROUND_STEP`-th sample: the band holds no more.
    """
    segment = round(_SEGMENT_S * ENVELOPE_HZ)
    n_segments = envelope.shape[-1] // segment
    shape = (*envelope.shape[:-1], n_segments, segment)
    maxima = envelope[..., : n_segments * segment].reshape(shape).max(axis=-1)
    n_seen = np.add.reduce(valid[..., : n_segments * segment].reshape(shape), axis=-1, dtype=np.int32)
    seen = n_seen > segment // 2
    second = np.sort(np.where(seen, maxima, np.float32(0)), axis=-1)[..., -2]
    background = _median_where(envelope[..., ::_BACKGROUND_STEP], valid[..., ::_BACKGROUND_STEP])
    return np.maximum(_median_where(maxima, seen), np.float32(0.25) * second), background


def _median_where(values: F32, where: Bools) -> F32:
    """Row medians (the lower middle one) over `where`; 0 for rows without any."""
    n = np.add.reduce(where, axis=-1, dtype=np.intp)
    middle = np.maximum(n - 1, 0) // 2
    known = values if n.min() == where.shape[-1] else np.where(where, values, np.float32(np.inf))
    places = sorted(set(middle.reshape(-1).tolist()))
    ordered = np.partition(known, places, axis=-1)
    if len(places) == 1:
        medians = ordered[..., places[0]]
    else:
        medians = np.take_along_axis(ordered, middle[..., None], axis=-1)[..., 0]
    return np.where(n > 0, medians, np.float32(0))
