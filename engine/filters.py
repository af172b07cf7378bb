"""Zero-phase filters for finished windows, all leads at once.

Every kernel is Gaussian in time and therefore short: away from the window's edges its output does not depend
on where the window begins, so overlapping windows agree on what they share.
"""

from typing import Final

import numpy as np

from engine.arrays import F32, F64, Bools
from engine.grid import FS_HZ

QRS_CENTRE_HZ: Final = 12.0
QRS_SIGMA_HZ: Final = 5.0
"""The QRS band: most of a QRS complex, little of P and T waves (Thakor, Webster and Tompkins 1984)."""
WANDER_SIGMA_HZ: Final = 3.0
"""Below this even large baseline wander leaves nothing."""

SPIKE_N: Final = 5
"""Samples (20 ms): a pacing spike is narrower, the tip of a QRS complex may be."""
SPIKE_AROUND_N: Final = 21
SPIKE_RATIO: Final = 3.0
"""A spike is so many times higher than the range of the rest of the signal within these samples (84 ms)."""

ENVELOPE_HZ: Final = FS_HZ // 2
"""Samples per second of envelopes; sample k lies on sample 2 k of the window."""

_SEGMENT_S: Final = 2.0
"""The largest envelope in this time is a QRS complex down to 30 beats/min."""

_PAD_S: Final = 0.4
"""Held signal added at the end, so that the circular convolution does not join the window's two ends."""


def bridge(x: F32, valid: Bools) -> F64:
    """Join the valid stretches of each lead: what follows a gap is shifted to where the signal stopped.

    An electrode may come back with another offset; a filter must not see that as a step.

    Parameters
    ----------
    x : (n_leads, n) float32
        mV, anything where invalid.
    valid : (n_leads, n) bool
        Real samples.

    Returns
    -------
    (n_leads, n) float64
        The signal, with made-up values where `valid` is false: only ever a filter's input.
    """
    bridged = x.astype(np.float64)
    at = np.arange(x.shape[1])
    for lead in np.flatnonzero(~valid.all(axis=1)):
        known = np.flatnonzero(valid[lead])
        steps = np.diff(bridged[lead, known], prepend=0.0)
        steps[1:][np.diff(known) > 1] = 0.0
        bridged[lead] = np.interp(at, known, np.cumsum(steps)) if known.size else 0.0
    return bridged


def without_spikes(x: F64) -> F64:
    """Cut off pacing spikes: narrow, and far higher than all that the signal does around them.

    A pacemaker goes on over a heart that no longer answers; its spikes must not pass for beats. The tip of a
    QRS complex stands on the complex and stays.

    Parameters
    ----------
    x : (n_leads, n) float64
        mV, without gaps (`bridge`).

    Returns
    -------
    (n_leads, n) float64
        Morphological opening, then closing (Serra 1982), with a flat element of `SPIKE_N`; only at spikes.
    """
    opened = _running(np.maximum, _running(np.minimum, x, SPIKE_N), SPIKE_N)
    smooth = _running(np.minimum, _running(np.maximum, opened, SPIKE_N), SPIKE_N)
    highest, lowest = (_running(of, smooth, SPIKE_AROUND_N) for of in (np.maximum, np.minimum))
    spike = (
        _running(
            np.maximum, (np.abs(x - smooth) > SPIKE_RATIO * (highest - lowest)).astype(np.float64), SPIKE_N
        )
        > 0
    )
    return np.where(spike, smooth, x)


def _running(of: np.ufunc, x: F64, n: int) -> F64:
    """Running minimum or maximum (`of`) over an odd number of samples, centred."""
    running = np.pad(x, ((0, 0), (n // 2, n // 2)), mode="edge")
    done = 1
    while done < n:
        step = min(done, n - done)
        running = of(running[:, :-step], running[:, step:])
        done += step
    return running


def qrs_envelope(x: F64) -> F64:
    """Envelope of the QRS band: magnitude of a Gaussian quadrature filter (Gabor 1946), without delay.

    A QRS complex becomes one hump of some 100 ms, whatever its shape and polarity.

    Parameters
    ----------
    x : (n_leads, n) float64
        mV, without gaps (`bridge`).

    Returns
    -------
    (n_leads, n // 2) float64
        mV, at `ENVELOPE_HZ`: the band ends far below half of that.
    """
    n = x.shape[1]
    n_padded = n + 2 * round(_PAD_S * FS_HZ)
    f_hz = np.arange(n_padded // 4) * FS_HZ / n_padded
    gain = np.exp(-0.5 * ((f_hz - QRS_CENTRE_HZ) / QRS_SIGMA_HZ) ** 2)
    gain *= 1 - np.exp(-0.5 * (f_hz / WANDER_SIGMA_HZ) ** 2)
    # Positive frequencies alone make the signal analytic, half as many make it half the rate; the gain 2 of
    # the one cancels the 1/2 of the other.
    analytic = np.fft.ifft(np.fft.rfft(_padded(x, n_padded))[:, : f_hz.size] * gain, n_padded // 2)
    envelope: F64 = np.abs(analytic[:, : n // 2])
    return envelope


def _padded(x: F64, n_padded: int) -> F64:
    """Append half a padding of the last value and half of the first: the circle closes far off."""
    n_tail = (n_padded - x.shape[1]) // 2
    tail = np.repeat(x[:, -1:], n_tail, axis=1)
    head = np.repeat(x[:, :1], n_padded - x.shape[1] - n_tail, axis=1)
    return np.concatenate((x, tail, head), axis=1)


def qrs_level(envelope: F64, valid: Bools) -> tuple[F64, F64]:
    """How high the QRS complexes of each lead typically stand, and the background they stand on.

    The level is the median over the 2 s segments of the largest envelope in each, so neither one artefact nor
    premature beats move it much; but at least a quarter of the second largest, for
    hearts slower than a segment.

    Parameters
    ----------
    envelope : (n_leads, m) float64
        Of `qrs_envelope`, mV.
    valid : (n_leads, m) bool
        Where the envelope means something.

    Returns
    -------
    level : (n_leads,) float64
        mV.
    background : (n_leads,) float64
        Median envelope, mV.
    """
    segment = round(_SEGMENT_S * ENVELOPE_HZ)
    n_segments = envelope.shape[1] // segment
    shape = (envelope.shape[0], n_segments, segment)
    known = np.where(valid, envelope, 0.0)
    maxima = known[:, : n_segments * segment].reshape(shape).max(axis=2)
    seen = valid[:, : n_segments * segment].reshape(shape).mean(axis=2) > 0.5
    second = np.sort(np.where(seen, maxima, 0.0), axis=1)[:, -2]
    return np.maximum(_median_where(maxima, seen), 0.25 * second), _median_where(known, valid)


def _median_where(values: F64, where: Bools) -> F64:
    """Row medians (the lower middle one) over `where`; 0 for rows without any."""
    n = where.sum(axis=1)
    ordered = np.sort(np.where(where, values, np.inf), axis=1)
    middle = ordered[np.arange(len(values)), np.maximum(n - 1, 0) // 2]
    return np.where(n > 0, middle, 0.0)
