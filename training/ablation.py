"""What each idea of the score is worth: `python -m training.ablation` prints AUCs of variants as JSON.

Statistics are fitted on the normal records of folds 1-7; every variant is judged on fold 8, where ideas are
chosen, and on fold 9. Variants without the network share its statistics; nothing is trained.
"""

import argparse
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import numpy as np

from engine.arrays import F64, Bools
from engine.backends.eager import TorchBackend
from engine.checkpoint import load_checkpoint
from engine.models.features import SIGN_MV, SIZE_MV, STRETCHES, at_rate_60, beat_shape, rhythm_features
from engine.models.gaussian import fit_factors
from engine.models.normality import INGREDIENTS
from engine.preprocess import BEAT_N, ModelInput
from engine.scorer import WEIGHTS
from training.dataset import choose, make_dataset
from training.evaluation import auc
from training.normality import FACTORS
from training.ptbxl import find_data, read_entries
from training.split import CHOICE_FOLD

WHOLE: Final = {"whole beat": (0, BEAT_N)}


def main() -> None:
    """Read PTB-XL, judge every variant, print one JSON object."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, help="folder of PTB-XL (default: $ECG_MONITOR_DATA/ptbxl)")
    data = make_dataset(read_entries(find_data(parser.parse_args().data)))
    fit = (data.folds < CHOICE_FOLD) & data.normal
    variants = dict([*_distances(data.inputs, fit), *_ingredients(data.inputs)])
    print(  # noqa: T201
        json.dumps(
            {
                name: {
                    f"fold {fold}": round(_auc(score, data.folds == fold, data.normal), 4) for fold in (8, 9)
                }
                for name, score in variants.items()
            }
        )
    )


def _distances(inputs: ModelInput, fit: Bools) -> Iterator[tuple[str, F64]]:
    """Variants of the distance of the typical beat, without any network."""
    shape = beat_shape(inputs)
    rated = at_rate_60(shape, inputs.rr_s)
    size = np.log(inputs.scale.astype(np.float64))[:, :, None]
    rhythm = rhythm_features(inputs.rr_s)
    none = np.zeros((len(rhythm), 1))

    def distance(
        parts: tuple[F64, ...],
        stretches: dict[str, tuple[int, int]],
        rhythm: F64 = rhythm,
        amplitude: bool = True,
    ) -> F64:
        total = np.zeros(len(rhythm))
        for start, stop in stretches.values():
            cut = [part[:, :, start:stop] for part in parts]
            features = np.concatenate([*cut, size] if amplitude else cut, axis=2)
            log = np.log(fit_factors(features[fit], rhythm[fit], FACTORS).distances(features, rhythm) + 1e-9)
            total += (log - np.nanmean(log[fit])) / np.nanstd(log[fit])
        return total

    signs, sizes = np.tanh(rated / SIGN_MV), np.arcsinh(rated / SIZE_MV)
    plain = (np.tanh(shape / SIGN_MV), np.arcsinh(shape / SIZE_MV))
    yield "whole beat in mV, no rate scaling", distance((shape,), WHOLE)
    yield "whole beat, signs and sizes, no rate scaling", distance(plain, WHOLE)
    yield "whole beat, signs and sizes", distance((signs, sizes), WHOLE)
    yield "four stretches", distance((signs, sizes), STRETCHES)
    yield "four stretches, no rate scaling", distance(plain, STRETCHES)
    yield "four stretches, signs alone", distance((signs,), STRETCHES)
    yield "four stretches, sizes alone", distance((sizes,), STRETCHES)
    yield "four stretches, no amplitudes", distance((signs, sizes), STRETCHES, amplitude=False)
    yield "four stretches, no rhythm", distance((signs, sizes), STRETCHES, none)


def _ingredients(inputs: ModelInput) -> Iterator[tuple[str, F64]]:
    """The shipped model's score, and each of its ingredients alone."""
    checkpoint = load_checkpoint(WEIGHTS / "mcr.safetensors")
    network = TorchBackend(checkpoint)
    n_leads = inputs.leads.sum(axis=1)
    pieces = []
    for rows in np.array_split(np.arange(len(n_leads)), 16):
        some = choose(inputs, rows)
        outputs = network.run(some)
        normality = checkpoint.normality
        ingredients = normality.standard(normality.ingredients(some, outputs), n_leads[rows])
        pieces.append(np.column_stack((ingredients, normality.scores(some, outputs))))
    *alone, score = np.concatenate(pieces).T
    yield "mcr as shipped", score
    for name, ingredient in zip(INGREDIENTS, alone, strict=True):
        yield f"{name} alone", ingredient
    yield "network alone (latents and both restorations)", np.nan_to_num(alone[-3:]).sum(axis=0)


def _auc(score: F64, rows: Bools, normal: Bools) -> float:
    """A record without a score counts as an error."""
    counted = np.where(np.isfinite(score), score, np.where(normal, np.inf, -np.inf))
    return auc(counted[rows], ~normal[rows])


if __name__ == "__main__":
    main()
