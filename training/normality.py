"""Fitting what normal ECG looks like: from normal records only."""

from collections.abc import Callable
from dataclasses import dataclass, fields
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from engine.arrays import F32, F64, Bools
from engine.backends.backend import NetworkOutputs
from engine.leads import N_LEADS
from engine.models.features import rhythm_features, stretch_features
from engine.models.gaussian import fit_factors, fit_whitening
from engine.models.normality import N_INGREDIENTS, Normality
from engine.models.readings import BETWEEN, N_READINGS, SHAPE_MV, from_own, phase, typical_beat
from engine.preprocess import ModelInput
from training.calibration import Judged, calibrate
from training.dataset import choose, keep_leads

FACTORS: Final = 60
LATENT_COMPONENTS: Final = 96
WEIGHT: Final = np.array([1.0, 1.0, 1.0, 1.0, 0.1, 0.1, 0.1])
"""Weights of the ingredients; chosen on fold 8."""
MIN_BEAT_SD: Final = 0.1
"""Floor of a normal beat's standard deviation, compressed amplitude (0.01 mV around the baseline)."""
MIN_TYPICAL_SD: Final = 0.05
MIN_OWN_SD: Final = 0.05
MIN_ERROR_SD: Final = 0.05
"""Added to the usual restoration error, compressed amplitude."""
N_PARTS_APART: Final = 4
"""Into so many parts the records are divided, each judged by statistics of the others."""

Run = Callable[[ModelInput], NetworkOutputs]


@dataclass(frozen=True, slots=True, eq=False)
class Restored:
    """What the network said of records, with all their leads and with some missing."""

    outputs: NetworkOutputs
    """Of whole records."""
    keep: Bools
    """(n, 12): the leads that were left."""
    moved: F64
    """(n, F): latents with those leads alone, less the mean of all records'."""

    def of(self, rows: Bools) -> "Restored":
        """Some records'."""
        some = NetworkOutputs(
            **{one.name: getattr(self.outputs, one.name)[rows] for one in fields(NetworkOutputs)}
        )
        return Restored(some, self.keep[rows], self.moved[rows])

    @property
    def latents(self) -> F64:
        """(n, F)."""
        return self.outputs.features.astype(np.float64)


def fit_normality(
    fit: ModelInput, folds: NDArray[Any], held_out: ModelInput, run: Run, rng: np.random.Generator
) -> Normality:
    """Fit the distributions on normal records, and scale them on records that they have not seen.

    Parameters
    ----------
    fit : ModelInput
        Stacked windows of normal records.
    folds : (n,) int
        Patient-disjoint folds of `fit`: for the scales, each is judged by the statistics of other folds.
    held_out : ModelInput
        Further normal records, of none of these folds.
    run : callable
        The network.
    rng : Generator
        Chooses the leads that are left out.
    """
    restored = _restore(fit, run, rng)
    normality = _distributions(fit, restored)
    judged = [Judged(normality, held_out)]
    for part in np.array_split(np.unique(folds), min(N_PARTS_APART, np.unique(folds).size)):
        apart = np.isin(folds, part)
        if apart.all():
            continue  # one fold alone: nothing to judge it by
        others = choose(fit, np.flatnonzero(~apart))
        judged.append(Judged(_distributions(others, restored.of(~apart)), choose(fit, np.flatnonzero(apart))))
    return calibrate(normality, judged, run, rng)


def _distributions(fit: ModelInput, restored: Restored) -> Normality:
    """Distributions of normal records, not yet on any scale."""
    latent_mean, latent_whiten = _fit_latent(restored)
    beat_mean, beat_sd = _fit_beat(fit)
    typical = typical_beat(fit)
    rhythm = rhythm_features(fit.rr_s)
    return Normality(
        stretches=tuple(fit_factors(one, rhythm, FACTORS) for one in stretch_features(fit)),
        latent_mean=latent_mean,
        latent_whiten=latent_whiten,
        centre=np.zeros((N_LEADS + 1, N_INGREDIENTS)),
        spread=np.ones((N_LEADS + 1, N_INGREDIENTS)),
        weight=WEIGHT,
        zero=np.zeros(N_LEADS + 1),
        one=np.ones(N_LEADS + 1),
        beat_mean=beat_mean,
        beat_sd=beat_sd,
        typical_mean=np.nanmean(typical, axis=0),
        typical_sd=np.nanstd(typical, axis=0) + MIN_TYPICAL_SD,
        own_sd=np.maximum(_rms(from_own(fit), fit.beats_valid, (0, 1)), MIN_OWN_SD),
        window_error_sd=_window_error(fit, restored.outputs) + MIN_ERROR_SD,
        beat_error_sd=_rms(restored.outputs.beat_error, fit.beats_valid, (0, 1)) + MIN_ERROR_SD,
        surprise_top=np.ones((N_READINGS, N_LEADS)),
        surprise=np.ones((N_READINGS, N_LEADS, 2)),
        map_unit=np.ones(N_LEADS),
    )


def fit_validation(fit: NetworkOutputs, choice: NetworkOutputs) -> F64:
    """(n,) distance of latents from normal ones: what the choice of the epoch looks at."""
    features = fit.features.astype(np.float64)
    mean, whiten = fit_whitening(features, _latent_components(features))
    squared: F64 = (((choice.features - mean) @ whiten) ** 2).sum(axis=1)
    return squared


def _latent_components(features: F64) -> int:
    """No more than the records can bear."""
    n, n_features = features.shape
    return int(min(LATENT_COMPONENTS, n_features // 2, n // 4))


def _restore(fit: ModelInput, run: Run, rng: np.random.Generator) -> Restored:
    outputs = run(fit)
    keep = rng.random((len(fit.signal), N_LEADS)) < rng.random((len(fit.signal), 1))
    keep[~keep.any(axis=1), 1] = True
    moved = run(keep_leads(fit, keep)).features - outputs.features.astype(np.float64).mean(axis=0)
    return Restored(outputs, keep, moved)


def _fit_latent(restored: Restored) -> tuple[F64, F64]:
    """Mean and whitening of pooled latents, and how missing leads move the mean (least squares)."""
    mean, whiten = fit_whitening(restored.latents, _latent_components(restored.latents))
    missing = (~restored.keep).astype(np.float64)
    shifts = np.linalg.solve(missing.T @ missing + np.eye(N_LEADS), missing.T @ restored.moved)
    return np.concatenate((mean[None], shifts)), whiten


def _window_error(fit: ModelInput, outputs: NetworkOutputs) -> F64:
    """(12, BEAT_N + 1) root mean square of restoration errors of the window, by phase of the beat."""
    square = (
        (outputs.window_error.astype(np.float64) ** 2 * fit.valid).transpose(1, 0, 2).reshape(N_LEADS, -1)
    )
    valid = fit.valid.transpose(1, 0, 2).reshape(N_LEADS, -1)
    phases = phase(fit).reshape(-1)
    total, count = (
        np.array([np.bincount(phases, one, BETWEEN + 1) for one in rows]) for rows in (square, valid)
    )
    usual: F64 = np.sqrt(total / np.maximum(count, 1))
    return usual


def _rms(values: NDArray[Any], valid: F32, axes: tuple[int, ...]) -> F64:
    """Root mean square of what is valid."""
    square = (values.astype(np.float64) ** 2 * valid).sum(axis=axes)
    usual: F64 = np.sqrt(square / np.maximum(valid.sum(axis=axes), 1))
    return usual


def _fit_beat(fit: ModelInput) -> tuple[F64, F64]:
    """Mean and standard deviation of normal beats, per lead and sample, compressed amplitude."""
    n = fit.beats_valid.sum(axis=(0, 1), dtype=np.float64)
    total, square = np.zeros_like(n), np.zeros_like(n)
    for beats, valid in zip(fit.beats, fit.beats_valid, strict=True):
        u = np.arcsinh(beats.astype(np.float64) / SHAPE_MV) * valid
        total, square = total + u.sum(axis=0), square + (u**2).sum(axis=0)
    mean = total / np.maximum(n, 1)
    variance = square / np.maximum(n, 1) - mean**2
    return mean, np.sqrt(np.maximum(variance, MIN_BEAT_SD**2))
