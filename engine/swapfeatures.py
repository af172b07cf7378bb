"""What of a typical beat tells which electrode lies where: numbers that change when two are exchanged."""

from typing import Final

import numpy as np

from engine.arrays import F64
from engine.leads import LEADS
from engine.preprocess import BEAT_N

PARTS: Final = {"P": (4, 20), "QRS": (20, 42), "T": (46, BEAT_N)}
"""Samples of the typical beat at `MODEL_HZ`; the R peak is sample 28."""
PQ: Final = (18, 21)
"""The level that QRS complex and T wave are measured from; the P wave from the line between its ends."""
FAINT_MV: Final = {"P": 0.02, "QRS": 0.1, "T": 0.05}
"""Waves of less than about this say little: features shrink towards 0 there."""
_I, _II, _AVF, _CHEST = LEADS.index("I"), LEADS.index("II"), LEADS.index("aVF"), slice(6, 12)


def limb_features(beats: F64) -> F64:
    """Describe how the frontal plane lies, by itself and against the chest leads.

    Parameters
    ----------
    beats : (k, 12, BEAT_N) float64
        Typical beats, mV, as of `engine.models.features.beat_shape`.

    Returns
    -------
    (k, 52) float64
        Of P, QRS and T: the mean vector (x, y and their products), and how I and aVF correlate with each
        chest lead, which an exchange of arms and leg leaves as it is; of QRS also the extremes.
    """
    frontal = np.stack((beats[:, _I], (beats[:, _II] - beats[:, _I] / 2) * 2 / np.sqrt(3)), axis=1)
    found: list[F64] = []
    for name in PARTS:
        plane, chest = _part(frontal, name), _part(beats[:, _CHEST], name)
        size = _rms(plane, (1, 2)) + 0.3 * FAINT_MV[name]
        mean = plane.mean(axis=2)
        x, y = (mean / (np.hypot(*mean.T) + 0.3 * FAINT_MV["QRS"])[:, None]).T
        unit_chest = chest / (_rms(chest, 2) + 0.3 * FAINT_MV[name])[:, :, None]
        together = np.einsum("kat,kvt->kav", plane / size[:, None, None], unit_chest) / plane.shape[2]
        found += [x, y, x**2 - y**2, x * y, *together.reshape(len(beats), -1).T]
        if name == "QRS":
            found += [*(plane.max(axis=2) / size[:, None]).T, *(plane.min(axis=2) / size[:, None]).T]
    return np.stack(found, axis=1)


def chest_features(beats: F64) -> F64:
    """Describe the chest leads one by one, from one to the next, and against the frontal plane.

    Parameters
    ----------
    beats : (k, 12, BEAT_N) float64
        As for `limb_features`.

    Returns
    -------
    (k, 108) float64
        Of each lead: R against S, its share of the QRS complex, signs of P and T, the time of R; of
        neighbours, for P, QRS and T: how they differ, correlate and bend; of each lead its correlation with I
        and aVF.
    """
    chest = {name: _part(beats[:, _CHEST], name) for name in PARTS}
    qrs, p, t = chest["QRS"], chest["P"].mean(axis=2), chest["T"].mean(axis=2)
    r, s = np.maximum(qrs.max(axis=2), 0), np.maximum(-qrs.min(axis=2), 0)
    share = np.log((_rms(qrs, 2) + 0.03) / (_rms(qrs, (1, 2))[:, None] + 0.03))
    tall = (r - s) / (r + s + FAINT_MV["QRS"])
    signs = (one / (np.abs(one) + FAINT_MV[name]) for name, one in (("P", p), ("T", t)))
    single = [tall, share, *signs, qrs.argmax(axis=2) / qrs.shape[2]]
    limb = beats[:, [_I, _AVF]]
    rows = [_neighbours(chest[name], _part(limb, name), FAINT_MV[name]) for name in PARTS]
    return np.concatenate((*single, *rows), axis=1)


def _neighbours(chest: F64, limb: F64, faint_mv: float) -> F64:
    """(k, 26): progression of one part of the beat along the chest."""
    scaled = chest / (_rms(chest, (1, 2)) + faint_mv)[:, None, None]
    shape = scaled / (_rms(scaled, 2) + 0.2)[:, :, None]
    step = ((scaled[:, 1:] - scaled[:, :-1]) ** 2).mean(axis=2)
    alike = (shape[:, 1:] * shape[:, :-1]).mean(axis=2)
    bend = ((scaled[:, :-2] - 2 * scaled[:, 1:-1] + scaled[:, 2:]) ** 2).mean(axis=2)
    unit_limb = limb / (_rms(limb, 2) + 0.3 * faint_mv)[:, :, None]
    with_limb = np.einsum("kvt,kat->kav", shape, unit_limb) / shape.shape[2]
    return np.concatenate((step, alike, bend, with_limb.reshape(len(chest), -1)), axis=1)


def _part(leads: F64, name: str) -> F64:
    """(k, n, samples) of one wave, from the level it stands on."""
    start, stop = PARTS[name]
    wave = leads[:, :, start:stop]
    if name == "P":
        along = np.linspace(0, 1, stop - start)
        level: F64 = wave[:, :, :1] * (1 - along) + wave[:, :, -1:] * along
    else:
        level = leads[:, :, slice(*PQ)].mean(axis=2, keepdims=True)
    return wave - level


def _rms(x: F64, axis: int | tuple[int, ...]) -> F64:
    root: F64 = np.sqrt((x**2).mean(axis=axis))
    return root
