"""What of a typical beat tells which electrode lies where: numbers that change when two are exchanged."""

from typing import Final

import numpy as np

from engine.arrays import F64, I64
from engine.leads import LEADS
from engine.preprocess import BEAT_N

PARTS: Final = {"P": (4, 20), "QRS": (20, 42), "T": (46, BEAT_N)}
"""Samples of the typical beat at `MODEL_HZ`; the R peak is sample 28."""
PQ: Final = (18, 21)
"""The level that QRS complex and T wave are measured from; the P wave from the line between its ends."""
FAINT_MV: Final = {"P": 0.02, "QRS": 0.1, "T": 0.05}
"""Waves of less than about this say little: features shrink towards 0 there."""
_FAINT_MV: Final = np.array(list(FAINT_MV.values()))
_I, _II, _AVF, _CHEST = LEADS.index("I"), LEADS.index("II"), LEADS.index("aVF"), slice(6, 12)
_AS_IT_LIES: Final = np.eye(2)[None]
_IN_ORDER: Final = np.arange(6)[None]


def limb_features(beats: F64) -> F64:
    """(k, 52) float64: `turned_limb_features` of the frontal plane as it lies."""
    return turned_limb_features(beats, _AS_IT_LIES)[:, 0]


def turned_limb_features(beats: F64, turns: F64) -> F64:
    """Describe how the frontal plane lies, by itself and against the chest leads.

    Parameters
    ----------
    beats : (k, 12, BEAT_N) float64
        Typical beats, mV, as of `engine.models.features.beat_shape`.
    turns : (n, 2, 2) float64
        Orthogonal: what becomes of the plane (x, y) when limb electrodes are exchanged.

    Returns
    -------
    (k, n, 52) float64
        Of P, QRS and T: the mean vector (x, y and their products), and how I and aVF correlate with each
        chest lead, which an exchange of arms and leg leaves as it is; of QRS also the extremes.
    """
    parts = _parts(np.concatenate((frontal_plane(beats), beats[:, _CHEST]), axis=1))
    power = _products(parts)
    own = np.diagonal(power, axis1=2, axis2=3)
    size = np.sqrt(own[..., :2].mean(axis=2)) + 0.3 * _FAINT_MV
    mean = np.stack([part[:, :2].mean(axis=2) for part in parts], axis=1)
    mean /= np.hypot(mean[..., 0], mean[..., 1])[..., None] + 0.3 * FAINT_MV["QRS"]
    chest = np.sqrt(own[..., 2:]) + 0.3 * _FAINT_MV[:, None]
    together = power[..., :2, 2:] / (size[..., None] * chest)[..., None, :]
    # From here on (k, n, 3, ...): turned, part by part.
    together = turns[:, None] @ together[:, None]
    mean_x, mean_y = np.moveaxis((turns[:, None] @ mean[:, None, ..., None])[..., 0], -1, 0)
    found = np.stack((mean_x, mean_y, mean_x**2 - mean_y**2, mean_x * mean_y), axis=-1)
    rows = np.concatenate((found, together.reshape(*found.shape[:-1], -1)), axis=-1)
    qrs = turns @ (parts[1][:, :2] / size[:, 1, None, None])[:, None]
    return np.concatenate((rows[:, :, 0], rows[:, :, 1], qrs.max(axis=3), qrs.min(axis=3), rows[:, :, 2]), 2)


def frontal_plane(beats: F64) -> F64:
    """(k, 2, n) float64: the heart's vector, to the left and to the foot, from leads (k, 12, n)."""
    left, second = beats[:, _I], beats[:, _II]
    return np.stack((left, (second - left / 2) * 2 / np.sqrt(3)), axis=1)


def chest_features(beats: F64) -> F64:
    """(k, 108) float64: `ordered_chest_features` of the chest leads in their order."""
    return ordered_chest_features(beats, _IN_ORDER)[:, 0]


def ordered_chest_features(beats: F64, orders: I64) -> F64:
    """Describe the chest leads one by one, from one to the next, and against the frontal plane.

    Parameters
    ----------
    beats : (k, 12, BEAT_N) float64
        As for `turned_limb_features`.
    orders : (n, 6) int64
        Which chest lead stands in the place of each: what is described as well as the leads as they are.

    Returns
    -------
    (k, n, 108) float64
        Of each lead: R against S, its share of the QRS complex, signs of P and T, the time of R; of
        neighbours, for P, QRS and T: how they differ, correlate and bend; of each lead its correlation with I
        and aVF.
    """
    parts = _parts(np.concatenate((beats[:, _CHEST], beats[:, [_I, _AVF]]), axis=1))
    power = _products(parts)
    single = _single([part[:, :6] for part in parts], power[:, 1])
    neighbours = _neighbours(power, orders)
    return np.concatenate(
        (*(one[:, orders] for one in single), neighbours.reshape(*neighbours.shape[:2], -1)), axis=2
    )


def _single(parts: list[F64], qrs_power: F64) -> list[F64]:
    """Five of (k, 6): what each chest lead is by itself."""
    p, qrs, t = parts
    r, s = np.maximum(qrs.max(axis=2), 0), np.maximum(-qrs.min(axis=2), 0)
    tall = (r - s) / (r + s + FAINT_MV["QRS"])
    own = np.diagonal(qrs_power, axis1=1, axis2=2)[:, :6]
    share = np.log((np.sqrt(own) + 0.03) / (np.sqrt(own.mean(axis=1)) + 0.03)[:, None])
    signs = [
        mean / (np.abs(mean) + FAINT_MV[name])
        for name, mean in (("P", p.mean(axis=2)), ("T", t.mean(axis=2)))
    ]
    return [tall, share, *signs, qrs.argmax(axis=2) / qrs.shape[2]]


def _neighbours(power: F64, orders: I64) -> F64:
    """(k, n, 3, 26): progression of each part of the beat along the chest, from the products (k, 3, 8, 8) of
    six chest leads, I and aVF.
    """
    own = np.diagonal(power, axis1=2, axis2=3)
    size = np.sqrt(own[..., :6].mean(axis=2)) + _FAINT_MV
    scaled = power[..., :6, :6] / (size**2)[..., None, None]
    shape = np.sqrt(own[..., :6]) / size[..., None] + 0.2
    limb = np.sqrt(own[..., 6:]) + 0.3 * _FAINT_MV[:, None]
    with_limb = power[..., 6:, :6] / (limb[..., None] * (size[..., None] * shape)[..., None, :])
    alike = scaled / (shape[..., None] * shape[..., None, :])
    before, after = orders[:, :-1], orders[:, 1:]
    each = np.diagonal(scaled, axis1=2, axis2=3)[..., orders]
    pair, beyond = scaled[..., before, after], scaled[..., orders[:, :-2], orders[:, 2:]]
    step = each[..., 1:] + each[..., :-1] - 2 * pair
    bend = each[..., :-2] + 4 * each[..., 1:-1] + each[..., 2:]
    bend += 2 * beyond - 4 * (pair[..., :-1] + pair[..., 1:])
    limbs = np.moveaxis(with_limb[..., orders], 2, 3).reshape(*step.shape[:-1], -1)
    return np.moveaxis(np.concatenate((step, alike[..., before, after], bend, limbs), axis=-1), 1, 2)


def _parts(leads: F64) -> list[F64]:
    """P, QRS and T, each (k, n, samples) from the level that it stands on."""
    return [_part(leads, name) for name in PARTS]


def _part(leads: F64, name: str) -> F64:
    start, stop = PARTS[name]
    wave = leads[:, :, start:stop]
    if name == "P":
        along = np.linspace(0, 1, stop - start)
        level: F64 = wave[:, :, :1] * (1 - along) + wave[:, :, -1:] * along
    else:
        level = leads[:, :, slice(*PQ)].mean(axis=2, keepdims=True)
    return wave - level


def _products(parts: list[F64]) -> F64:
    """(k, 3, n, n): mean product of every two leads in each part."""
    return np.stack([part @ part.swapaxes(1, 2) / part.shape[2] for part in parts], axis=1)
