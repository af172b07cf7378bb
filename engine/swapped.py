"""Electrodes in each other's place: Einthoven's equations, flat leads, and which order fits better."""

from dataclasses import dataclass
from functools import cache
from itertools import combinations
from pathlib import Path
from typing import Final
from zipfile import BadZipFile

import numpy as np

from engine.arrays import F64, I64, Bools, frozen
from engine.errors import ModelError
from engine.leads import LEADS, N_LEADS
from engine.preprocess import ModelInput
from engine.swapfeatures import frontal_plane, ordered_chest_features, turned_limb_features

WEIGHTS: Final = Path(__file__).parent / "weights" / "swapped.npz"
MIN_BEATS: Final = 4
LIMB_MARGIN: Final = 4.0
"""An exchange of limb electrodes must be so much more plausible undone than not (log odds) ..."""
ARM_LEG_MARGIN: Final = 6.0
"""... and so much for left arm against left leg, which changes little in a healthy heart ..."""
CHEST_MARGIN: Final = 7.0
"""... and for two chest electrodes."""
FLAT_SHARE: Final = 0.1
FLAT_MV: Final = 0.12
"""A limb lead between the two legs shows nothing: at most this share of either other one, and this span."""
CONTRADICTION_MV: Final = 0.01
CONTRADICTION_SHARE: Final = 0.1
"""Limb leads that miss Einthoven's and Goldberger's equations by more (rms, and against their own) ..."""
EXPLAINED: Final = 0.2
"""... are mislabelled if one exchange or one sign leaves at most this share of what they miss."""
ELECTRODES: Final = ("RA", "LA", "LL")
NAMES: Final = {
    (1, 0, 2): "RA LA", (0, 2, 1): "LA LL", (2, 1, 0): "RA LL", (1, 2, 0): "RA LA LL", (2, 0, 1): "RA LA LL",
}  # fmt: skip
"""Which electrode's potential the places of `ELECTRODES` take -> what was exchanged."""
LIMB: Final = ((0, 1, 2), *NAMES)
CHEST: Final = tuple(combinations(range(6), 2))
_BETWEEN_LEGS: Final = {"II": "RA RL", "III": "LA RL", "I": "both arms with the legs"}
_OF_I_AND_II: Final = np.array([[1, 0], [0, 1], [-1, 1], [-0.5, -0.5], [1, -0.5], [-0.5, 1]])
"""I, II, III, aVR, aVL, aVF from I and II (Einthoven 1913, Goldberger 1942)."""


@dataclass(frozen=True, slots=True)
class Swapped:
    """Electrodes, or channels, that lie in each other's place."""

    what: str
    """`RA LA`, `V1 V2`, or `lead I upside down`."""
    margin: float
    """How much more plausible the leads are with it undone, as log odds; infinite where it is arithmetic."""


def typical_beat(prepared: ModelInput) -> F64 | None:
    """(12, BEAT_N) mean of the middle half of a window's beats, sample by sample; None with too few, or with
    a lead missing in any of them.
    """
    whole = whole_beats(prepared)
    if np.count_nonzero(whole) < MIN_BEATS:
        return None
    ordered = np.sort(prepared.beats[whole], axis=0)
    quarter = len(ordered) // 4
    beat: F64 = ordered[quarter : len(ordered) - quarter].mean(axis=0, dtype=np.float64)
    return beat


def whole_beats(prepared: ModelInput) -> Bools:
    """(N_BEATS,) bool: a window's beats of which no sample in any lead is missing."""
    whole: Bools = prepared.beats_valid.reshape(len(prepared.beats_valid), -1).min(axis=1) > 0
    return whole


def swapped_in(prepared: ModelInput) -> tuple[Swapped, ...] | None:
    """Find what is exchanged in a window; None where a lead is missing, or there are too few beats."""
    beat = typical_beat(prepared)
    return None if beat is None or not prepared.leads.all() else find_swapped(beat)


def find_swapped(beat: F64) -> tuple[Swapped, ...]:
    """Find what is exchanged, at most once among the limb leads and once among the chest leads.

    Parameters
    ----------
    beat : (12, BEAT_N) float64
        Typical beat in mV, all leads measured.

    Returns
    -------
    tuple of Swapped
        Empty where nothing is.

    Notes
    -----
    Channels that contradict Einthoven's triangle, a limb lead without signal (the right leg's electrode on an
    arm: Haisty et al., Am. J. Cardiol. 71 (1993)), and, for all other exchanges, the plausibility of the
    leads as they are against that with the exchange undone. Plausibility is linear in the features of
    `engine.swapfeatures`: axes of P, QRS and T, the agreement of limb and chest leads, and progression along
    the chest (Heden et al., Am. J. Cardiol. 78 (1996); Kors and van Herpen, Am. J. Cardiol. 88 (2001); review
    of Batchvarov, Malik and Camm, Europace 9 (2007)). Deviation: its weights are those of a conditional logit
    over a record and its own exchanged copies, so a record is only ever compared with itself. Figures:
    `python -m training.swapped`.
    """
    limb = _mislabelled(beat) or _right_leg(beat) or _limb_electrodes(beat)
    chest = _chest_electrodes(beat)
    return tuple(one for one in (limb, chest) if one is not None)


def with_limb_electrodes(beats: F64, potential_of: tuple[int, ...]) -> F64:
    """(..., 12, n): leads with the electrodes at RA, LA, LL (`ELECTRODES`) taking the potentials of others.

    The mean of the three, which chest leads are measured against, stays.
    """
    potential = beats[..., [3, 4, 5], :][..., list(potential_of), :] * (2 / 3)
    right, left, foot = (potential[..., k, :] for k in range(3))
    limb = (left - right, foot - right, foot - left, 1.5 * right, 1.5 * left, 1.5 * foot)
    return np.concatenate((np.stack(limb, axis=-2), beats[..., 6:, :]), axis=-2)


def with_chest_electrodes(beats: F64, one: int, other: int) -> F64:
    """(..., 12, n): leads with two chest electrodes exchanged; V1 is 0."""
    order: I64 = np.arange(N_LEADS)
    order[[6 + one, 6 + other]] = order[[6 + other, 6 + one]]
    swapped: F64 = beats[..., order, :]
    return swapped


@cache
def weights() -> tuple[F64, F64]:
    """Weights of the features of limb and of chest leads; raises ModelError if their file is damaged."""
    try:
        with WEIGHTS.open("rb") as content, np.load(content, allow_pickle=False) as file:
            return frozen(file["limb"].astype(np.float64)), frozen(file["chest"].astype(np.float64))
    except (OSError, KeyError, ValueError, BadZipFile) as error:
        raise ModelError(f"the weights {WEIGHTS} cannot be read ({error}): reinstall the package") from error


def _limb_electrodes(beat: F64) -> Swapped | None:
    as_it_is = with_limb_electrodes(beat[None], LIMB[0])
    plausible = turned_limb_features(as_it_is, _turns())[0] @ weights()[0]
    best = int(plausible.argmax())
    margin = float(plausible[best] - plausible[0])
    name = NAMES.get(LIMB[best], "")
    return Swapped(name, margin) if margin > (ARM_LEG_MARGIN if name == "LA LL" else LIMB_MARGIN) else None


def _chest_electrodes(beat: F64) -> Swapped | None:
    plausible = ordered_chest_features(beat[None], _orders())[0] @ weights()[1]
    best = int(plausible.argmax())
    margin = float(plausible[best] - plausible[0])
    if best == 0 or margin <= CHEST_MARGIN:
        return None
    one, other = CHEST[best - 1]
    return Swapped(f"V{one + 1} V{other + 1}", margin)


@cache
def _turns() -> F64:
    """(6, 2, 2): what the frontal plane becomes when each of `LIMB` is undone."""
    plane = np.zeros((N_LEADS, 2))
    plane[:6] = _OF_I_AND_II @ [[1, 0], [1 / 2, np.sqrt(3) / 2]]
    undone = np.stack([with_limb_electrodes(plane, _inverse(order)) for order in LIMB])
    return frozen(frontal_plane(undone))


@cache
def _orders() -> I64:
    """(16, 6): places of the chest leads as they are, and when each of `CHEST` is undone."""
    orders = np.tile(np.arange(6), (1 + len(CHEST), 1))
    for order, (one, other) in zip(orders[1:], CHEST, strict=True):
        order[[one, other]] = other, one
    return frozen(orders)


def _inverse(order: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(order.index(place) for place in range(len(order)))


def _right_leg(beat: F64) -> Swapped | None:
    """The electrode of the right leg on an arm: the lead between it and the left leg is flat."""
    span = np.ptp(beat[:3], axis=1)
    flat = int(span.argmin())
    others = np.delete(span, flat)
    if span[flat] > FLAT_MV or span[flat] > FLAT_SHARE * others.min():
        return None
    return Swapped(_BETWEEN_LEGS[LEADS[flat]], float("inf"))


def _mislabelled(beat: F64) -> Swapped | None:
    """Limb channels that contradict each other, unless one exchange or one sign explains it."""
    limb, missed = beat[:6], _contradiction(beat[:6])
    if missed < max(CONTRADICTION_MV, CONTRADICTION_SHARE * float(np.sqrt((limb**2).mean()))):
        return None
    candidates = [(f"lead {LEADS[k]} upside down", _signed(limb, k)) for k in range(6)]
    for one, other in combinations(range(6), 2):
        order = np.arange(6)
        order[[one, other]] = other, one
        candidates.append((f"leads {LEADS[one]} and {LEADS[other]}", limb[order]))
    left = [_contradiction(candidate) for _, candidate in candidates]
    best = int(np.argmin(left))
    return Swapped(candidates[best][0], float("inf")) if left[best] <= EXPLAINED * missed else None


def _contradiction(limb: F64) -> float:
    """How far six limb channels are from any that two of them could give; rms, mV."""
    missed = _beyond_i_and_ii() @ limb
    return float(np.sqrt(np.vdot(missed, missed) / missed.size))


@cache
def _beyond_i_and_ii() -> F64:
    """(6, 6): takes from six limb channels the nearest ones that two could give."""
    return frozen(np.eye(6) - _OF_I_AND_II @ np.linalg.pinv(_OF_I_AND_II))


def _signed(limb: F64, lead: int) -> F64:
    changed = limb.copy()
    changed[lead] *= -1
    return changed
