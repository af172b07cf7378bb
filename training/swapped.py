"""Fit and measure the search for swapped electrodes: `python -m training.swapped [--out FILE]`.

Electrodes are really swapped in PTB-XL's records, by computing the leads anew from the exchanged potentials.
Figures are for folds that the weights were not fitted on; the weights written are those of all folds.
"""

import argparse
import json
from pathlib import Path
from typing import Any, Final

import numpy as np
from scipy.optimize import minimize

from engine import swapped
from engine.arrays import F64, I64, Bools
from engine.swapfeatures import chest_features, limb_features
from training.dataset import make_dataset
from training.ptbxl import find_data, read_entries

RIDGE: Final = 3e-4
SMALL: Final = 1e-3


def main() -> None:
    """Fit, measure, write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, help="folder of PTB-XL (default: $ECG_MONITOR_DATA)")
    parser.add_argument("--out", type=Path, default=swapped.WEIGHTS, help="weights (%(default)s)")
    arguments = parser.parse_args()
    beats, folds, normal = typical_beats(arguments.data)
    limb, chest = limb_copies(beats), chest_copies(beats)
    odds = cross_validated(limb, folds), cross_validated(chest, folds)
    np.savez(arguments.out, limb=fitted(limb), chest=fitted(chest))
    print(json.dumps(figures(beats, normal, *odds), indent=1))  # noqa: T201


def typical_beats(data: Path | None) -> tuple[F64, I64, Bools]:
    """(n, 12, BEAT_N) mV of every record with a typical beat in all leads; folds; whether it is normal."""
    dataset = make_dataset(read_entries(find_data(data)), [])
    found = [swapped.typical_beat(dataset.inputs.at(i)) for i in range(len(dataset.entries))]
    kept = np.array([beat is not None for beat in found])
    return np.stack([beat for beat in found if beat is not None]), dataset.folds[kept], dataset.normal[kept]


def limb_copies(beats: F64) -> F64:
    """(n, 6, f): features of every record as it is, and with limb electrodes exchanged."""
    orders = swapped.LIMB
    return np.stack([limb_features(swapped.with_limb_electrodes(beats, order)) for order in orders], axis=1)


def chest_copies(beats: F64) -> F64:
    """(n, 16, f): features of every record as it is, and with two chest electrodes exchanged."""
    copies = [beats, *(swapped.with_chest_electrodes(beats, *pair) for pair in swapped.CHEST)]
    return np.stack([chest_features(copy) for copy in copies], axis=1)


def fitted(copies: F64) -> F64:
    """(f,) weights by which a record is more plausible than its copies: a conditional logit with a ridge."""
    scale = copies[:, 0].std(axis=0) + SMALL
    worse = (copies[:, 1:] - copies[:, :1]) / scale

    def loss(weight: F64) -> tuple[float, F64]:
        odds = worse @ weight
        top = np.maximum(odds.max(axis=1), 0.0)
        share = np.exp(odds - top[:, None])
        total = share.sum(axis=1) + np.exp(-top)
        value = float((np.log(total) + top).mean() + RIDGE * weight @ weight)
        slope = np.einsum("nc,ncf->f", share / total[:, None], worse) / len(worse)
        return value, slope + 2 * RIDGE * weight

    found = minimize(loss, np.zeros(copies.shape[2]), jac=True, method="L-BFGS-B", options={"maxiter": 300})
    weight: F64 = found.x / scale
    return weight


def cross_validated(copies: F64, folds: I64) -> F64:
    """(n, c) plausibility of every copy, by weights of the other folds."""
    plausible = np.zeros(copies.shape[:2])
    for fold in np.unique(folds):
        plausible[folds == fold] = copies[folds == fold] @ fitted(copies[folds != fold])
    return plausible


def figures(beats: F64, normal: Bools, limb: F64, chest: F64) -> dict[str, Any]:
    """Share of exchanges that alarm, and that are named rightly; records that alarm as they are."""
    names = ["", *swapped.NAMES.values()]
    pairs = ["", *(f"V{one + 1} V{other + 1}" for one, other in swapped.CHEST)]
    found = {
        f"{name} ({'-'.join(swapped.ELECTRODES[k] for k in order)})": _found(limb, at, _margin(name))
        for at, (order, name) in enumerate(zip(swapped.LIMB, names, strict=True))
        if at
    }
    found |= {name: _found(chest, at, swapped.CHEST_MARGIN) for at, name in enumerate(pairs) if at}
    for place, what in enumerate(("RA RL", "LA RL")):
        legs = [swapped.find_swapped(leg) for leg in _with_right_leg(beats, place)]
        share = _share(np.array([any(one.what == what for one in each) for each in legs]))
        found[what] = {"alarmed": share, "named": share}
    return {
        "records": len(beats),
        "normal": int(normal.sum()),
        "exchanged": found,
        "as they are": _as_they_are(beats, normal, limb, chest, names, pairs),
    }


def _found(plausible: F64, exchanged: int, margin: float) -> dict[str, float]:
    """Of records with one exchange: how many alarm, and how many with its name."""
    better = plausible.max(axis=1) - plausible[:, exchanged] > margin
    return {"alarmed": _share(better), "named": _share(better & (plausible.argmax(axis=1) == 0))}


def _margin(name: str) -> float:
    return swapped.ARM_LEG_MARGIN if name == "LA LL" else swapped.LIMB_MARGIN


def _as_they_are(
    beats: F64, normal: Bools, limb: F64, chest: F64, names: list[str], pairs: list[str]
) -> dict[str, dict[str, int]]:
    """Records that would alarm, by what would be said: all, and normal ones."""
    said: dict[str, list[bool]] = {}
    for at, is_normal in enumerate(normal):
        best, other = int(limb[at].argmax()), int(chest[at].argmax())
        if limb[at, best] - limb[at, 0] > _margin(names[best]):
            said.setdefault(names[best], []).append(bool(is_normal))
        if chest[at, other] - chest[at, 0] > swapped.CHEST_MARGIN:
            said.setdefault(pairs[other], []).append(bool(is_normal))
        arithmetic = [one.what for one in swapped.find_swapped(beats[at]) if np.isinf(one.margin)]
        for what in arithmetic:
            said.setdefault(what, []).append(bool(is_normal))
    return {what: {"all": len(of), "normal": sum(of)} for what, of in sorted(said.items())}


def _with_right_leg(beats: F64, place: int) -> F64:
    """Leads with the right leg's electrode on an arm; both legs at one potential."""
    order = [0, 1, 2]
    order[place] = 2
    return swapped.with_limb_electrodes(beats, tuple(order))


def _share(found: Bools) -> float:
    return round(float(found.mean()), 4)


if __name__ == "__main__":
    main()
