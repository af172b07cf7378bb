"""The beat a patient usually has: the middle of the largest class of the beats of some minutes."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from engine.arrays import F32, F64, I64, Bools, frozen
from engine.beatclass import I8
from engine.filters import held
from engine.leads import N_LEADS
from engine.patient.template import SHIFT_N, Template
from engine.preprocess import BEAT_N

COMPRESSION_MV: Final = 0.1
"""Beats are compared in asinh of this amplitude: a P wave counts beside a QRS complex."""
STEP: Final = 0.05
MOST_STEPS: Final = 127
"""Lessons hold compressed amplitude in such steps, a fifth of `OWN_SPREAD`, up to 28 mV ..."""
MISSING: Final = -128
"""... and this where there was no signal."""
OWN_SPREAD: Final = 0.25
"""Spread (compressed amplitude) that beats of one class may always have. A patient's own spread adds to it
(root sum of squares), so that a patient whose beats are all alike is not watched to the microvolt ..."""
MAX_SPREAD: Final = 0.6
"""... and one whose beats vary much is not forgiven everything."""
CLASS_RATIO: Final = 2.5
CLASS_RADIUS: Final = 3.0
"""A beat belongs to the class within so many times the distance of the nearer half of all beats from its
middle, but never farther away than `CLASS_RADIUS` times `OWN_SPREAD`."""
MIN_RADIUS: Final = 1.0
MIN_SHARE: Final = 0.15
"""A class that holds a smaller share of the beats is nobody's usual beat."""
MIN_BEATS: Final = 40
MAX_BEATS: Final = 300
"""Of more beats, so many are looked at, evenly spread in time."""
MAX_ROUNDS: Final = 3
"""So often the class is looked for around its own middle, or until it stays the same."""
LEAD_SHARE: Final = 0.8
"""A lead is learned if it was there in this share of the beats."""


@dataclass(frozen=True, eq=False)
class UsualBeat:
    """Middle and spread of a patient's usual beats, lead by lead."""

    middle: F32
    """(12, BEAT_N) float32, compressed amplitude; NaN in leads that were not learned."""
    spread: F32
    """(12, BEAT_N) float32, compressed amplitude; NaN in leads that were not learned."""
    share: float
    """Share of the beats of the learning time that were of this class."""

    @cached_property
    def leads(self) -> Bools:
        """(12,) bool: leads that were learned."""
        learned: Bools = np.isfinite(self.middle[:, 0])
        return learned

    def distances(self, beats: F32 | I8, valid: F32) -> tuple[F64, I64]:
        """How far beats lie from the usual one.

        Parameters
        ----------
        beats : (n, 12, BEAT_N) float32
            mV, aligned on R; or int8, as `packed`.
        valid : (n, 12, BEAT_N) float32
            1 where real.

        Returns
        -------
        (n,) float64
            Root mean square over all samples and learned leads, in spreads; NaN where no learned lead has
            signal.
        (n,) int64
            The shift, in samples, at which that was found.
        """
        return self._distances(compressed(beats), valid)

    def deviations(self, beats: F32, valid: F32) -> tuple[F64, F32]:
        """How far beats lie from the usual one, in all and sample by sample.

        Parameters
        ----------
        beats, valid : (n, 12, BEAT_N) float32
            As for `distances`.

        Returns
        -------
        (n,) float64
            As from `distances`.
        (n, 12, BEAT_N) float32
            In spreads, at the shifts at which that was found; 0 where not valid or not learned.
        """
        u = compressed(beats)
        distance, shifts = self._distances(u, valid)
        middle, spread = held(self.middle, SHIFT_N), held(self.spread, SHIFT_N)
        for beat, first in zip(u, (SHIFT_N - shifts).tolist(), strict=True):
            beat -= middle[:, first : first + BEAT_N]
            beat /= spread[:, first : first + BEAT_N]
        u *= valid
        u[:, ~self.leads] = 0
        return distance, u

    def _distances(self, u: F32, valid: F32) -> tuple[F64, I64]:
        """`distances`, of compressed beats."""
        if self.leads.all() and valid.all():
            return self._template.distances(u)
        there = valid * self.leads[:, None]
        if not there.any():
            return np.full(len(u), np.nan), np.zeros(len(u), np.int64)
        return self._template.distances(u * there, there)

    @property
    def _template(self) -> Template:
        weight = np.where(self.leads[:, None], 1 / self.spread**2, np.float32(0))
        return Template.of(np.nan_to_num(self.middle), weight)


def compressed(beats: F32 | I8) -> F32:
    """Compressed amplitude of beats in mV, or of beats as `packed` left them."""
    if beats.dtype == np.int8:
        return beats * np.float32(STEP)
    small: F32 = np.arcsinh(beats / np.float32(COMPRESSION_MV)).astype(np.float32)
    return small


def packed(beats_mv: F32, valid: Bools) -> I8:
    """Compressed amplitude in whole steps of `STEP`, `MISSING` where not valid: a byte for each sample."""
    steps = np.clip(np.rint(compressed(beats_mv) / np.float32(STEP)), -MOST_STEPS, MOST_STEPS)
    return np.where(valid, steps, MISSING).astype(np.int8)


def learn_usual_beat(beats: I8, valid: Bools | F32) -> UsualBeat | None:
    """Find the largest class of beats, its middle and its spread.

    Parameters
    ----------
    beats : (n, 12, BEAT_N) int8
        As `packed`, each beat once, in order of time.
    valid : (n, 12, BEAT_N) bool or float32
        True or 1 where real.

    Returns
    -------
    UsualBeat or None
        None where there is too little signal, or no class that is large enough: such a patient has no usual
        beat (ventricular fibrillation, all beats different).

    Notes
    -----
    The class begins with the beat that has the nearest third of all beats nearest to it, which is a beat of
    the majority however different the rest is; middle and spread are medians of its members. A minority of
    abnormal beats (premature ones, say) so changes neither.
    """
    whole: Bools = np.asarray((valid > 0).all(axis=2))
    leads = np.flatnonzero(whole.mean(axis=0) >= LEAD_SHARE) if len(beats) else np.zeros(0, np.int64)
    if not leads.size:
        return None
    chosen = np.flatnonzero(whole[:, leads].all(axis=1))
    if chosen.size < MIN_BEATS:
        return None
    chosen = chosen[np.linspace(0, chosen.size - 1, min(chosen.size, MAX_BEATS)).astype(np.int64)]
    steps = beats[np.ix_(chosen, leads)]
    members = _largest_class(steps)
    if members.mean() < MIN_SHARE:
        return None
    own = steps[members]
    middle = _median(own)
    mad = 1.4826 * _median(np.abs(own - np.rint(middle).astype(np.int16)))
    spread = np.minimum(np.hypot(STEP * mad, OWN_SPREAD), MAX_SPREAD)
    return UsualBeat(_on_leads(STEP * middle, leads), _on_leads(spread, leads), float(members.mean()))


def _largest_class(steps: I8) -> Bools:
    """(n,) bool: members of the largest class of packed beats (n, leads, BEAT_N)."""
    weight = np.full(steps.shape[1:], 1 / OWN_SPREAD**2, np.float32)
    u = compressed(steps)
    members = _seed(steps)
    for _ in range(MAX_ROUNDS):
        before = members
        distance, _ = Template.of(STEP * _median(steps[members]), weight).distances(u)
        nearer_half = np.median(np.sort(distance)[: len(u) // 2])
        members = distance < np.clip(CLASS_RATIO * nearer_half, MIN_RADIUS, CLASS_RADIUS)
        if not members.any() or (members == before).all():
            return members
    return members


def _seed(steps: I8) -> Bools:
    """(n,) bool: beats near the one that has its nearest third nearest."""
    flat = steps.reshape(len(steps), -1).astype(np.float32)  # whole numbers: so are all sums
    square = np.einsum("ij,ij->i", flat, flat)
    apart = square[:, None] + square - 2 * flat @ flat.T
    nearest = int(0.3 * (len(steps) - 1))
    third = np.partition(apart, nearest, axis=1)[:, nearest]
    first = int(third.argmin())
    least = flat.shape[1] * (MIN_RADIUS * OWN_SPREAD / STEP) ** 2
    near: Bools = apart[first] <= max(third[first], least)
    return near


def _median(steps: NDArray[np.signedinteger[Any]]) -> F32:
    """Median of (n, ...) whole numbers, within its step as if those that share it were spread evenly."""
    n = len(steps)
    rows = np.ascontiguousarray(steps.reshape(n, -1).T, np.int16)
    middle = np.partition(rows, n // 2, axis=1)[:, n // 2, None]
    below, same = np.count_nonzero(rows < middle, axis=1), np.count_nonzero(rows == middle, axis=1)
    median: F32 = (middle[:, 0] - 0.5 + (n / 2 - below) / same).astype(np.float32)
    return median.reshape(steps.shape[1:])


def _on_leads(values: F32, leads: I64) -> F32:
    full = np.full((N_LEADS, BEAT_N), np.nan, np.float32)
    full[leads] = values
    return frozen(full)
