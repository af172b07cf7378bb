"""Families of beats that look alike, and how much a beat looks like each."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from engine.arrays import F32, I64, Bools
from engine.classify.pieces import LAGS, PIECE_N, QRS_N, QRS_PART, Pieces, detrended, unit_trend
from engine.leads import N_LEADS

N_FAMILIES: Final = 8
QUIET_SHARE: Final = 0.3
"""Leads count the same however large they are, down to this share of the median lead."""


@dataclass(frozen=True, slots=True, eq=False)
class Families:
    """Beats a patient has shown, by shape; k = `N_FAMILIES` places, free where `weight` is 0."""

    shape: F32
    """(k, 12, PIECE_N) mV, running mean of the family's beats."""
    count: F32
    """(k, 12) beats in that mean, up to a limit, lead by lead."""
    weight: F32
    """(k,) beats, fading with time."""
    early: F32
    """(k,) mean of log(RR interval before / typical RR interval)."""
    qrs_ms: F32
    """(k,) mean QRS duration, ms."""
    rr_s: F32
    """(k,) mean RR interval before, s."""
    spread: F32
    """(k,) mean of 1 - correlation of its beats with it."""
    qrs_spread_ms: F32
    """(k,) mean distance of its beats' QRS durations from their mean, ms."""

    @classmethod
    def none(cls) -> "Families":
        """All places free."""
        shape = np.zeros((N_FAMILIES, N_LEADS, PIECE_N), np.float32)
        zeros = [np.zeros(N_FAMILIES, np.float32) for _ in range(6)]
        return cls(shape, np.zeros((N_FAMILIES, N_LEADS), np.float32), *zeros)

    @property
    def have(self) -> Bools:
        """(k, 12): leads of which the family's shape is known."""
        return self.count > 0


@dataclass(frozen=True, slots=True, eq=False)
class Likeness:
    """How n beats compare with the k families, each at its best alignment."""

    correlation: F32
    """(n, k), over all leads known of both; NaN without any, or for a free place."""
    lag: I64
    """(n, k), index into `LAGS`."""
    gain: F32
    """(n, k), amplitude of the beat over that of the family."""


def lead_scale(families: Families, pieces: Pieces) -> F32:
    """(12,) mV by which each lead is divided, so that all count."""
    weight = families.weight[:, None] * families.have
    total = weight.sum(axis=0)
    energy = (families.shape[:, :, QRS_PART] ** 2).mean(axis=2)
    remembered = np.sqrt((weight * energy).sum(axis=0) / np.maximum(total, 1e-9))
    now = np.sqrt(np.median((pieces.whole[:, :, QRS_PART] ** 2).mean(axis=2), axis=0))
    rms = np.where(total > 0, remembered, now)
    usual = np.median(rms[rms > 0]) if (rms > 0).any() else 1.0
    scale: F32 = np.sqrt(rms**2 + (QUIET_SHARE * usual) ** 2).astype(np.float32)
    return scale


def compare(families: Families, qrs: F32, known: Bools, scale: F32) -> Likeness:
    """Compare beats with all families.

    Parameters
    ----------
    families : Families
        k places.
    qrs : (n, 12, QRS_N + 2 MAX_LAG) float32
        Of `Pieces`.
    known : (n, 12) bool
        Of `Pieces`.
    scale : (12,) float32
        Of `lead_scale`.
    """
    n, k, n_lags = len(qrs), families.weight.size, len(LAGS)
    family = detrended(families.shape[:, :, QRS_PART]) / scale[:, None]
    both = (known[:, None] & families.have[None]).astype(np.float32)  # (n, k, 12)
    aligned = np.lib.stride_tricks.sliding_window_view(qrs / scale[:, None], QRS_N, axis=2)
    rows = aligned.transpose(1, 0, 2, 3).reshape(N_LEADS, n * n_lags, QRS_N)
    # Families are free of trends: so is their product with a beat. Its energy is freed by Pythagoras.
    trend = np.broadcast_to(unit_trend(QRS_N), (N_LEADS, QRS_N, 2))
    products = np.matmul(rows, np.concatenate((family.transpose(1, 2, 0), trend), axis=2))
    energy = np.einsum("lrm,lrm->lr", rows, rows) - (products[..., k:] ** 2).sum(axis=2)
    joint = np.einsum("lngk,nkl->ngk", products[..., :k].reshape(N_LEADS, n, n_lags, k), both)
    own = np.einsum("lng,nkl->ngk", np.maximum(energy, 0).reshape(N_LEADS, n, n_lags), both)
    theirs = np.einsum("kl,nkl->nk", np.einsum("klm,klm->kl", family, family), both)
    correlation = joint / np.sqrt(np.maximum(own * theirs[:, None], 1e-12))
    lag = correlation.argmax(axis=1)
    best, of_best = (np.take_along_axis(of, lag[:, None], axis=1)[:, 0] for of in (correlation, own))
    comparable = both.any(axis=2) & (families.weight > 0)
    gain = np.sqrt(np.maximum(of_best, 1e-12) / np.maximum(theirs, 1e-12))
    return Likeness(np.where(comparable, best, np.float32(np.nan)), lag, gain)
