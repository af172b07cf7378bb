"""Beats cut out of a window, to be compared with each other."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from engine.arrays import F32, I64, Bools
from engine.delineation.segment import around
from engine.leads import N_LEADS

BEFORE_N: Final = 75
AFTER_N: Final = 100
PIECE_N: Final = BEFORE_N + AFTER_N
"""A piece is 0.7 s, 0.3 s of it before the centre of the QRS complex."""
P_PART: Final = slice(0, 60)
QRS_PART: Final = slice(45, 111)
T_PART: Final = slice(111, PIECE_N)
QRS_N: Final = QRS_PART.stop - QRS_PART.start
MAX_LAG: Final = 3
LAGS: Final = range(-MAX_LAG, MAX_LAG + 1)
"""QRS complexes are compared at their best alignment within so many samples."""
CENTRE_N: Final = (-24, 33)
"""Samples around the R peak whose slopes say where the QRS complex has its centre."""


@dataclass(frozen=True, slots=True, eq=False)
class Pieces:
    """The beats of a window."""

    whole: F32
    """(n, 12, PIECE_N) mV against the mean of the QRS part; 0 where not known."""
    qrs: F32
    """(n, 12, QRS_N + 2 MAX_LAG) mV, the QRS part with room for alignment; 0 where not known."""
    known: Bools
    """(n, 12): leads that are assessable and received throughout the QRS part."""

    def __len__(self) -> int:
        return len(self.whole)


def cut_pieces(x: F32, slopes: F32, valid: Bools, leads: I64, r_peaks: I64) -> Pieces:
    """Cut out the beats.

    Parameters
    ----------
    x : (n_leads, n) float32
        mV, without gaps.
    slopes : (n_leads, n) float32
        At the QRS scale.
    valid : (n_leads, n) bool
        Real samples.
    leads : (n_leads,) int64
        Which of the 12 leads the rows are.
    r_peaks : (n_beats,) int64
        Places in the window.
    """
    n = x.shape[1]
    centres = _centres(slopes, r_peaks)
    at = centres[:, None] + np.arange(-BEFORE_N - MAX_LAG, AFTER_N + MAX_LAG)
    inside = (at >= 0) & (at < n)
    at = np.clip(at, 0, n - 1)
    received = (valid[:, at] & inside).transpose(1, 0, 2)
    core = slice(QRS_PART.start, QRS_PART.stop + 2 * MAX_LAG)
    known_here = received[:, :, core].all(axis=2)
    piece = x[:, at].transpose(1, 0, 2)
    piece = piece - piece[:, :, core].mean(axis=2, keepdims=True)
    piece = np.where(received & known_here[..., None], piece, np.float32(0))
    whole = np.zeros((r_peaks.size, N_LEADS, piece.shape[2]), np.float32)
    whole[:, leads] = piece
    known = np.zeros((r_peaks.size, N_LEADS), np.bool_)
    known[:, leads] = known_here
    return Pieces(whole[:, :, MAX_LAG:-MAX_LAG], whole[:, :, core], known)


def detrended(x: F32) -> F32:
    """Free the last axis of its mean and its straight line: baseline wander is no shape."""
    trend = unit_trend(x.shape[-1])
    along: F32 = np.matmul(np.matmul(x, trend), trend.T)
    return x - along


def unit_trend(n: int) -> F32:
    """(n, 2) float32: a constant and a straight line, orthogonal and of length 1."""
    line = np.arange(n, dtype=np.float32) - np.float32((n - 1) / 2)
    return np.stack((np.full(n, n**-0.5, np.float32), line / np.sqrt((line**2).sum())), axis=1)


def _centres(slopes: F32, r_peaks: I64) -> I64:
    """Middle of the energy of the slopes, each lead counting the same: it lies still where R peaks do not."""
    reach = np.arange(*CENTRE_N)
    energy = slopes[:, around(r_peaks, *CENTRE_N, slopes.shape[1])] ** 2
    share = (energy / np.maximum(energy.sum(axis=2, keepdims=True), 1e-12)).sum(axis=0)
    middle = (share * reach).sum(axis=1) / np.maximum(share.sum(axis=1), 1e-12)
    centres: I64 = r_peaks + np.rint(middle).astype(np.int64)
    return centres
