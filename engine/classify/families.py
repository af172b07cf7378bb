"""Families of beats that look alike, and how much a beat looks like each."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from engine.arrays import F32, I64, Bools, frozen
from engine.classify.pieces import LAGS, PIECE_N, QRS_N, QRS_PART, Pieces, detrended
from engine.filters import runs
from engine.leads import N_LEADS

N_FAMILIES: Final = 8
QUIET_SHARE: Final = 0.3
"""Leads count the same however large they are, down to this share of the median lead."""


@dataclass(frozen=True, slots=True, eq=False)
class Families:
    """Beats that patients have shown, by shape; k places, free where `weight` is 0.

    The arrays of one bed go as far as its last family; those of B beds stacked have `N_FAMILIES` places, and
    one more axis in front.
    """

    shape: F32
    """(k, 12, PIECE_N) mV, running mean of the family's beats."""
    count: F32
    """(k, 12) beats in that mean, up to a limit, lead by lead."""
    numbers: F32
    """(k, 6), which have names:"""

    @property
    def weight(self) -> F32:
        """(k,) beats, fading with time."""
        return self.numbers[..., 0]

    @property
    def early(self) -> F32:
        """(k,) mean of log(RR interval before / typical RR interval)."""
        return self.numbers[..., 1]

    @property
    def qrs_ms(self) -> F32:
        """(k,) mean QRS duration, ms."""
        return self.numbers[..., 2]

    @property
    def rr_s(self) -> F32:
        """(k,) mean RR interval before, s."""
        return self.numbers[..., 3]

    @property
    def spread(self) -> F32:
        """(k,) mean of 1 - correlation of its beats with it."""
        return self.numbers[..., 4]

    @property
    def qrs_spread_ms(self) -> F32:
        """(k,) mean distance of its beats' QRS durations from their mean, ms."""
        return self.numbers[..., 5]

    @classmethod
    def none(cls) -> "Families":
        """A free place."""
        return cls.free(1)

    @classmethod
    def free(cls, *places: int) -> "Families":
        """Free places."""
        sizes = (N_LEADS, PIECE_N), (N_LEADS,), (6,)
        return cls(*(np.zeros((*places, *size), np.float32) for size in sizes))

    @classmethod
    def stacked(cls, beds: Sequence["Families"]) -> "Families":
        """Those of several beds, to be changed in place."""
        stacked = cls.free(len(beds), N_FAMILIES)
        for row, bed in enumerate(beds):
            known = len(bed.numbers)
            stacked.shape[row, :known] = bed.shape
            stacked.count[row, :known] = bed.count
            stacked.numbers[row, :known] = bed.numbers
        return stacked

    def of_bed(self, bed: int) -> "Families":
        """Those of one bed again."""
        at = bed, slice(_n_known(self.weight[bed]))
        return Families(*(frozen(array[at].copy()) for array in (self.shape, self.count, self.numbers)))

    @property
    def known(self) -> "Families":
        """Without the places that are free in all beds: views of stacked arrays."""
        known = _n_known(np.maximum.reduce(self.weight, axis=0))
        return Families(self.shape[:, :known], self.count[:, :known], self.numbers[:, :known])

    @property
    def have(self) -> Bools:
        """(k, 12): leads of which the family's shape is known."""
        return self.count > 0


def _n_known(weight: F32) -> int:
    """Places up to the last family; at least one."""
    return max((number for number, beats in enumerate(weight.tolist(), 1) if beats), default=1)


@dataclass(frozen=True, slots=True, eq=False)
class Likeness:
    """How n beats compare with the k known families of their beds, each at its best alignment."""

    correlation: F32
    """(n, k), over all leads known of both; NaN without any, or for a free place."""
    lag: I64
    """(n, k), index into `LAGS`."""
    gain: F32
    """(n, k), amplitude of the beat over that of the family."""


def lead_scale(families: Families, pieces: Pieces) -> F32:
    """(B, 12) mV by which each lead of each bed is divided, so that all count; of stacked families."""
    weight = families.weight[..., None] * families.have
    total = np.add.reduce(weight, axis=1)
    qrs = families.shape[..., QRS_PART]
    energy = np.einsum("bklm,bklm->bkl", qrs, qrs) / np.float32(QRS_N)
    rms = np.sqrt(np.add.reduce(weight * energy, axis=1) / np.maximum(total, 1e-9))
    if not total.all():
        first_seen = (pieces.known & (total[pieces.bed] == 0)).any(axis=1)
        for bed in sorted(set(pieces.bed[first_seen].tolist())):
            now = np.square(pieces.whole[pieces.bed == bed][..., QRS_PART]).mean(axis=2)
            rms[bed] = np.where(total[bed] > 0, rms[bed], np.sqrt(np.median(now, axis=0)))
    scale: F32 = np.sqrt(rms**2 + (QUIET_SHARE * _usual(rms)) ** 2).astype(np.float32)
    return scale


def _usual(rms: F32) -> F32:
    """(B, 1) median of the leads that have any; 1 without one."""
    ordered = np.sort(np.where(rms > 0, rms, np.inf), axis=1)
    n, bed = np.maximum((rms > 0).sum(axis=1), 1), np.arange(len(rms))
    usual = (ordered[bed, (n - 1) // 2] + ordered[bed, n // 2]) / 2
    return np.where(np.isfinite(usual), usual, 1)[:, None]


def compare(families: Families, pieces: Pieces, scale: F32) -> Likeness:
    """Compare beats with all families of their beds.

    Parameters
    ----------
    families : Families
        Of B beds, stacked; the `known` ones.
    pieces : Pieces
        n beats, bed by bed.
    scale : (B, 12) float32
        Of `lead_scale`.
    """
    first = np.ones(len(pieces), np.bool_)
    np.not_equal(pieces.bed[1:], pieces.bed[:-1], out=first[1:])
    beds, bed = pieces.bed[first], np.cumsum(first) - 1
    family, scale = detrended(families.shape[beds, ..., QRS_PART]), scale[beds]
    both = (pieces.known[:, None] & families.have[pieces.bed]).astype(np.float32)  # (n, k, 12)
    part = np.float32(1) / scale**2
    own = np.matmul(both, pieces.energy * part[bed][..., None])  # (n, k, lags)
    energy = np.einsum("bklm,bklm->bkl", family, family) * part[:, None]
    theirs = (energy[bed] * both).sum(axis=2)
    joint = _products(family, pieces.qrs * part[bed][..., None], bed)
    correlation = joint / np.sqrt(np.maximum(own * theirs[..., None], np.float32(1e-12)))
    lag = correlation.argmax(axis=2)
    place = np.arange(len(bed))[:, None], np.arange(lag.shape[1]), lag
    comparable = both.any(axis=2) & (families.weight > 0)[pieces.bed]
    gain = np.sqrt(np.maximum(own[place], 1e-12) / np.maximum(theirs, 1e-12))
    return Likeness(np.where(comparable, correlation[place], np.float32(np.nan)), lag, gain)


def _products(family: F32, qrs: F32, bed: I64) -> F32:
    """(n, k, lags): products of beats with the families of their beds over all leads, at every alignment.

    What a beat or a family does not know is 0. Families are free of trends: so are the products.
    """
    aligned = runs(qrs, QRS_N).transpose(0, 2, 1, 3).reshape(len(qrs), len(LAGS), -1)
    families = family.reshape(*family.shape[:2], -1)
    products: F32 = np.matmul(families[bed], aligned.transpose(0, 2, 1))
    return products
