"""What normal ECG looks like: the statistics that turn features and restoration errors into one score."""

from dataclasses import dataclass, fields
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from engine.arrays import F64, Bools
from engine.backends.backend import NetworkOutputs
from engine.errors import ModelError
from engine.leads import N_LEADS
from engine.models.features import STRETCHES, rhythm_features, stretch_features
from engine.models.gaussian import FactorModel
from engine.preprocess import ModelInput

Arrays = dict[str, NDArray[Any]]

INGREDIENTS: Final = (*STRETCHES, "latents", "window restored", "beats restored")
"""Parts of the score: distances of four stretches of the typical beat; the distance of the network's pooled
latents; the uncertainty-weighted restoration errors of the two branches."""
N_INGREDIENTS: Final = len(INGREDIENTS)


@dataclass(frozen=True, slots=True, eq=False)
class Normality:
    """Statistics of normal ECG; fitted by `training.normality`, stored in the checkpoint."""

    stretches: tuple[FactorModel, ...]
    """One for each of `STRETCHES`."""
    latent_mean: F64
    """(13, F): mean of the pooled latents, and what each missing lead adds to it."""
    latent_whiten: F64
    """(F, k)."""
    centre: F64
    """(13, N_INGREDIENTS): mean of each ingredient over normal ECG, by number of leads (row 0 unused)."""
    spread: F64
    """(13, N_INGREDIENTS): its standard deviation."""
    weight: F64
    """(N_INGREDIENTS,)."""
    zero: F64
    """(13,): combined value of the median normal window, by number of leads: score 0."""
    one: F64
    """(13,): combined value at the false-alarm budget, by number of leads: score 1."""
    beat_mean: F64
    """(12, BEAT_N): normal beats, compressed amplitude."""
    beat_sd: F64
    """(12, BEAT_N)."""
    typical_mean: F64
    """(12, BEAT_N): typical beats of normal records, more compressed: low waves and ST segments count."""
    typical_sd: F64
    """(12, BEAT_N)."""
    own_sd: F64
    """(12, BEAT_N): usual deviation of normal beats from their window's median beat, compressed amplitude."""
    window_error_sd: F64
    """(12, BEAT_N + 1): usual error of the restored window by phase of the beat; the last: between beats."""
    beat_error_sd: F64
    """(12, BEAT_N): the same of beats."""
    surprise_top: F64
    """(readings, 12): a reading of a sample that one in ten thousand of normal ECG exceeds."""
    surprise: F64
    """(readings, 12, n): -log10 of the share of normal samples above readings from 0 to `surprise_top`."""
    map_unit: F64
    """(12,): joined surprise that the map shows as 1: normal ECG rarely gets there."""

    def scores(self, batch: ModelInput, outputs: NetworkOutputs, shape: F64 | None = None) -> F64:
        """(B,) score of each window: 0 is the median normal window, 1 the threshold.

        NaN without leads, and where the network gave no numbers: that must not pass for normal. `shape` are
        the typical beats, where they are already known.
        """
        n_leads = batch.leads.sum(axis=1)
        sound = np.isfinite(outputs.features).all(axis=1) & np.isfinite(outputs.surprise).all(axis=1)
        combined = self.combine(self.ingredients(batch, outputs, shape), n_leads)
        scores: F64 = (combined - self.zero[n_leads]) / (self.one[n_leads] - self.zero[n_leads])
        return np.where(sound & (n_leads > 0), scores, np.nan)

    def ingredients(self, batch: ModelInput, outputs: NetworkOutputs, shape: F64 | None = None) -> F64:
        """(B, N_INGREDIENTS), larger is stranger; NaN where one cannot be had (no beats, too few leads)."""
        rhythm = rhythm_features(batch.rr_s)
        squared = [
            model.distances(features, rhythm)
            for model, features in zip(self.stretches, stretch_features(batch, shape), strict=True)
        ]
        with_beats = batch.beats_valid.max(axis=(1, 2, 3)) > 0
        return np.column_stack(
            (
                *(np.log(one + 1e-9) for one in squared),
                np.log(self._latent_distance(batch.leads, outputs.features) + 1e-9),
                outputs.surprise[:, 0],
                np.where(with_beats, outputs.surprise[:, 1], np.nan),
            )
        )

    def standard(self, ingredients: F64, n_leads: NDArray[Any]) -> F64:
        """(B, N_INGREDIENTS) on the scale of normal ECG with as many leads: mean 0, standard deviation 1."""
        scaled: F64 = (ingredients - self.centre[n_leads]) / self.spread[n_leads]
        return scaled

    def combine(self, ingredients: F64, n_leads: NDArray[Any]) -> F64:
        """(B,) weighted mean of the ingredients that can be had, each on the scale of normal ECG."""
        standard = self.standard(ingredients, n_leads)
        weight = np.where(np.isfinite(standard), self.weight, 0.0)
        total: F64 = (np.nan_to_num(standard) * weight).sum(axis=1) / np.maximum(weight.sum(axis=1), 1e-9)
        return total

    def _latent_distance(self, leads: Bools, features: NDArray[Any]) -> F64:
        away = features - expected_latent(self.latent_mean, leads)
        squared: F64 = ((away @ self.latent_whiten) ** 2).sum(axis=1)
        return squared

    def to_arrays(self) -> Arrays:
        """Flat named arrays for a checkpoint."""
        arrays: Arrays = {
            f"stretches.{i}.{part.name}": getattr(model, part.name)
            for i, model in enumerate(self.stretches)
            for part in fields(model)
        }
        arrays |= {name: getattr(self, name) for name in _PLAIN}
        return {name: array.astype(np.float32) for name, array in arrays.items()}

    @classmethod
    def from_arrays(cls, arrays: Arrays) -> "Normality":
        """Read back what `to_arrays` gave; a missing array is a `ModelError`."""
        try:
            models = [
                {part.name: arrays[f"stretches.{i}.{part.name}"] for part in fields(FactorModel)}
                for i in range(len(STRETCHES))
            ]
            plain = {name: arrays[name].astype(np.float64) for name in _PLAIN}
        except KeyError as error:
            raise ModelError(f"the checkpoint lacks the statistics {error}: train it again") from error
        double = [{name: array.astype(np.float64) for name, array in model.items()} for model in models]
        return cls(stretches=tuple(FactorModel(**model) for model in double), **plain)


_PLAIN: Final = tuple(field.name for field in fields(Normality) if field.name != "stretches")


def expected_latent(latent_mean: F64, leads: Bools) -> F64:
    """(B, F): mean of normal latents given which leads are there."""
    expected: F64 = latent_mean[0] + (~leads).astype(np.float64) @ latent_mean[1 : 1 + N_LEADS]
    return expected
