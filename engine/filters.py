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

_PAD_S: Final = 0.5
"""Held signal added at the end, so that the circular convolution does not join the window's two ends."""


def bridge(x: F32, valid: Bools) -> F64:
    """Join the valid stretches of each lead by straight lines, so that a gap has no steps at its edges.

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
        known = valid[lead]
        bridged[lead] = np.interp(at, at[known], bridged[lead, known]) if known.any() else 0.0
    return bridged


def qrs_envelope(x: F64) -> F64:
    """Envelope of the QRS band: magnitude of a Gaussian quadrature filter (Gabor 1946), without delay.

    Parameters
    ----------
    x : (n_leads, n) float64
        mV, without gaps (`bridge`).

    Returns
    -------
    (n_leads, n) float64
        mV. A QRS complex becomes one hump of some 100 ms, whatever its shape and polarity.
    """
    n = x.shape[1]
    n_padded = n + 2 * round(_PAD_S * FS_HZ)
    n_padded += n_padded % 2
    spectrum = np.fft.rfft(_padded(x, n_padded))
    f_hz = np.fft.rfftfreq(n_padded, 1 / FS_HZ)
    gain = 2 * np.exp(-0.5 * ((f_hz - QRS_CENTRE_HZ) / QRS_SIGMA_HZ) ** 2)
    gain[0] = 0.0
    analytic = np.zeros((x.shape[0], n_padded), np.complex128)
    analytic[:, : f_hz.size] = spectrum * gain
    envelope: F64 = np.abs(np.fft.ifft(analytic)[:, :n])
    return envelope


def _padded(x: F64, n_padded: int) -> F64:
    """Append half a padding of the last value and half of the first: the circle closes far off."""
    n_tail = (n_padded - x.shape[1]) // 2
    tail = np.repeat(x[:, -1:], n_tail, axis=1)
    head = np.repeat(x[:, :1], n_padded - x.shape[1] - n_tail, axis=1)
    return np.concatenate((x, tail, head), axis=1)
