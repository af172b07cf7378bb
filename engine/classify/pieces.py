"""Beats cut out of windows, to be compared with each other."""

from dataclasses import dataclass
from functools import cache
from typing import Final

import numpy as np

from engine.arrays import F32, I64, Bools, frozen
from engine.delineation.beatrow import BeatRow
from engine.grid import WINDOW_N
from engine.signals import Signals

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
ROOM_N: Final = QRS_N + 2 * MAX_LAG
CORE: Final = slice(QRS_PART.start, QRS_PART.stop + 2 * MAX_LAG)
"""The QRS part of a piece that has room for alignment on both sides."""


@dataclass(frozen=True, slots=True, eq=False)
class Pieces:
    """n beats of several beds."""

    bed: I64
    """(n,) which bed's each is."""
    whole: F32
    """(n, 12, PIECE_N) mV against the mean of the QRS part; 0 where not known."""
    qrs: F32
    """(n, 12, ROOM_N) mV, the QRS part with room for alignment; 0 where not known."""
    energy: F32
    """(n, 12, lags) mV^2 of the QRS part at every alignment, free of its trend."""
    known: Bools
    """(n, 12): leads that are assessable and received throughout the QRS part."""

    def __len__(self) -> int:
        return len(self.whole)

    def at(self, rows: I64) -> "Pieces":
        """Some of the beats."""
        return Pieces(self.bed[rows], self.whole[rows], self.qrs[rows], self.energy[rows], self.known[rows])


def cut_pieces(signals: Signals, leads: Bools, row: BeatRow) -> Pieces:
    """Cut out beats.

    Parameters
    ----------
    signals : Signals
        Windows of B beds.
    leads : (B, 12) bool
        Those that take part.
    row : BeatRow
        The beats, each at the centre of its QRS complex.
    """
    from_n, to_n = -BEFORE_N - MAX_LAG, AFTER_N + MAX_LAG
    at = row.place[:, None] + np.arange(from_n, to_n)
    received = ((at >= 0) & (at < WINDOW_N))[:, None]
    if (leads & ~signals.whole).any():
        received = received & row.cut(signals.received, from_n, to_n)
    known = received[..., CORE].all(axis=2) & leads[row.window]
    piece = row.cut(signals.calm, from_n, to_n)
    piece -= piece[..., CORE].mean(axis=2, keepdims=True)
    piece *= received & known[..., None]
    qrs = np.ascontiguousarray(piece[..., CORE])
    return Pieces(row.window, piece[..., MAX_LAG:-MAX_LAG], qrs, _energies(qrs), known)


def _energies(qrs: F32) -> F32:
    """(n, 12, lags): energy of each beat at every alignment, free of its trend by Pythagoras."""
    in_part, trends = _alignments()
    rows = qrs.reshape(-1, ROOM_N)
    along = np.square(np.matmul(rows, trends))
    energy: F32 = np.matmul(np.square(rows), in_part) - (along[:, : len(LAGS)] + along[:, len(LAGS) :])
    return np.maximum(energy, 0, out=energy).reshape(*qrs.shape[:2], len(LAGS))


@cache
def _alignments() -> tuple[F32, F32]:
    """(ROOM_N, lags) which samples take part at each alignment, and (ROOM_N, 2 * lags) the trends there."""
    in_part = np.zeros((ROOM_N, len(LAGS)), np.float32)
    trends = np.zeros((ROOM_N, 2, len(LAGS)), np.float32)
    for lag in range(len(LAGS)):
        in_part[lag : lag + QRS_N, lag] = 1
        trends[lag : lag + QRS_N, :, lag] = unit_trend(QRS_N)
    return frozen(in_part), frozen(trends.reshape(ROOM_N, -1))


def detrended(x: F32) -> F32:
    """Free the last axis of its mean and its straight line: baseline wander is no shape."""
    trend = unit_trend(x.shape[-1])
    rows = x.reshape(-1, x.shape[-1])
    along: F32 = np.matmul(np.matmul(rows, trend), trend.T).reshape(x.shape)
    return np.subtract(x, along, out=along)


@cache
def unit_trend(n: int) -> F32:
    """(n, 2) float32: a constant and a straight line, orthogonal and of length 1."""
    line = np.arange(n, dtype=np.float32) - np.float32((n - 1) / 2)
    return frozen(np.stack((np.full(n, n**-0.5, np.float32), line / np.sqrt((line**2).sum())), axis=1))
