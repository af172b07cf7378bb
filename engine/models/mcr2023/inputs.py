"""From a window of the monitor to what the published network sees: 500 Hz, its band, its scale."""

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from scipy.signal import butter, filtfilt, resample_poly

from engine.arrays import F32, F64, I64, Bools, frozen
from engine.beats import Beats
from engine.filters import bridge
from engine.grid import FS_HZ, WINDOW_N
from engine.models.mcr2023.config import BEAT_N, BEFORE_R_N, CROP_N, RATE_HZ
from engine.models.mcr2023.config import WINDOW_N as PUBLISHED_N
from engine.preprocess import MAX_MV
from engine.quality import Quality
from engine.window import Window

HIGHPASS_HZ: Final = 1.0
LOWPASS_HZ: Final = 25.0
_ORDER: Final = 2
R_RANGE_N: Final = (200, 4400)
"""R peaks between these samples of the ten seconds have a whole beat around them."""
MIN_RANGE_MV: Final = 1e-4
"""A lead that spans less is flat: it is given as 0."""

_RATIO: Final = RATE_HZ // FS_HZ


@dataclass(frozen=True, slots=True, eq=False)
class PublishedInput:
    """One window as the published network sees it."""

    whole: F32
    """(12, 5000) float32 at `RATE_HZ`, each lead between -1 and 1; 0 for a lead without signal."""
    whole_valid: Bools
    """(12, 5000) bool, a sample of an assessable lead was received here."""
    r_peaks: I64
    """(n,) int64, n at least 1, places in `whole` with a whole beat around them."""

    @property
    def window(self) -> F32:
        """(12, WINDOW_N) float32, what the global branch restores."""
        return self.whole[:, CROP_N : CROP_N + PUBLISHED_N]

    @property
    def valid(self) -> Bools:
        """(12, WINDOW_N) bool."""
        return self.whole_valid[:, CROP_N : CROP_N + PUBLISHED_N]

    def beat(self, k: int) -> F32:
        """(12, BEAT_N) float32, beat `k`, each lead again between -1 and 1."""
        return scaled(self.whole[:, self._place(k)])

    def beat_valid(self, k: int) -> Bools:
        """(12, BEAT_N) bool."""
        return self.whole_valid[:, self._place(k)]

    def _place(self, k: int) -> slice:
        start = int(self.r_peaks[k]) - BEFORE_R_N
        return slice(start, start + BEAT_N)


def prepare_published(window: Window, quality: Quality, beats: Beats) -> PublishedInput:
    """Make the published network's input from a window.

    Parameters
    ----------
    window : Window
        Ten seconds at `FS_HZ`; any values are taken, NaN included.
    quality : Quality
        Only assessable leads are kept; the others are 0.
    beats : Beats
        R peaks of the window.

    Returns
    -------
    PublishedInput
        Finite, with at least one beat: without an R peak in range, a piece from the middle stands for one.

    Notes
    -----
    As published: second-order Butterworth filters forth and back, high-pass 1 Hz and low-pass 25 Hz, then
    each lead from its smallest to its largest value onto -1 to 1, which deletes amplitude. The "notch at
    35 Hz" between the two filters has a quality of 0.005, at which pole and zero meet: it passes everything
    (measured: changes of 1e-12), so it is left out.

    Deviations: R peaks are those of the monitor, found on all leads, instead of heartpy's on lead II, which
    fails on some records; a gap is bridged; a flat lead is 0 instead of a division by zero; training and
    test are scaled alike.
    """
    received = window.valid & np.isfinite(window.x) & quality.assessable[:, None]
    x = np.clip(np.where(received, window.x, 0.0), -MAX_MV, MAX_MV).astype(np.float32)
    fine = _band_limited(
        resample_poly(bridge(x, received).astype(np.float64), _RATIO, 1, axis=1, padtype="line")
    )
    valid = np.repeat(received, _RATIO, axis=1)
    there = received.any(axis=1, keepdims=True)
    whole = np.where(there, scaled(fine, MIN_RANGE_MV), 0).astype(np.float32)
    return PublishedInput(frozen(whole), frozen(valid), frozen(_r_peaks(window, beats)))


def scaled(x: NDArray[Any], min_range: float = MIN_RANGE_MV) -> F32:
    """Each row from its smallest to its largest value onto -1 to 1; 0 where it spans less than
    `min_range`.
    """
    low, high = x.min(axis=1, keepdims=True), x.max(axis=1, keepdims=True)
    span = high - low
    onto = 2 * (x - low) / np.maximum(span, min_range) - 1
    return np.where(span < min_range, 0.0, onto).astype(np.float32)


def _band_limited(x: F64) -> F64:
    for kind, edge_hz in (("highpass", HIGHPASS_HZ), ("lowpass", LOWPASS_HZ)):
        x = filtfilt(*butter(_ORDER, edge_hz, kind, fs=RATE_HZ), x, axis=1)
    return x


def _r_peaks(window: Window, beats: Beats) -> I64:
    peaks = (beats.r_peaks - window.start_sample) * _RATIO
    low, high = R_RANGE_N
    inside: I64 = peaks[(peaks > low) & (peaks < high)]
    return inside if inside.size else np.array([WINDOW_N * _RATIO // 2 - BEAT_N // 2 + BEFORE_R_N], np.int64)
