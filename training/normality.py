"""Fitting what normal ECG looks like: from normal records only."""

from collections.abc import Callable
from typing import Final

import numpy as np

from engine.arrays import F32, F64, I64, Bools
from engine.backends.backend import NetworkOutputs
from engine.leads import N_LEADS
from engine.models.errormap import N_PARTS, SHAPE_COMPRESSION_MV, join_parts, map_parts, typical_beat
from engine.models.features import rhythm_features, stretch_features
from engine.models.gaussian import fit_factors, fit_whitening
from engine.models.normality import N_INGREDIENTS, Normality
from engine.preprocess import ModelInput
from training.dataset import keep_leads

FACTORS: Final = 80
LATENT_COMPONENTS: Final = 96
WEIGHT: Final = np.array([1.0, 1.0, 1.0, 1.0, 0.1, 0.1, 0.1])
"""Weights of the ingredients; chosen on fold 8."""
FALSE_ALARMS: Final = 0.05
"""Share of normal windows above the threshold: what a ward is asked to bear before 3-of-5 persistence."""
PASSING_QUANTILE: Final = 0.9998
STAYING_QUANTILE: Final = 0.9999
"""Share of samples of normal ECG below 1 in what passes and in what stays of the score map, in every lead."""
MIN_BEAT_SD: Final = 0.1
"""Floor of a normal beat's standard deviation, compressed amplitude (0.01 mV around the baseline)."""
MIN_TYPICAL_SD: Final = 0.05
_LIKELY: Final = ((1,), (1, 6), (1, 10), (0, 1, 2, 3, 4, 5), (0, 1, 2, 3, 4, 5, 6), (0, 1, 2, 3, 4, 5, 10))
"""Lead sets that monitors deliver: II; II with V1 or V5; the limb leads, and with one chest lead."""

Run = Callable[[ModelInput], NetworkOutputs]


def fit_normality(fit: ModelInput, held_out: ModelInput, run: Run, rng: np.random.Generator) -> Normality:
    """Fit the distributions on one set of normal records, and scale them on another that they have not
    seen.
    """
    outputs = run(fit)
    latent_mean, latent_whiten = _fit_latent(fit, outputs, run, rng)
    beat_mean, beat_sd = _fit_beat(fit)
    typical = typical_beat(fit)
    rhythm = rhythm_features(fit.rr_s)
    draft = Normality(
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
        map_unit=np.ones((N_PARTS, N_LEADS)),
    )
    return _calibrated(draft, held_out, run, rng)


def fit_validation(fit: NetworkOutputs, choice: NetworkOutputs) -> F64:
    """(n,) distance of latents from normal ones: what the choice of the epoch looks at."""
    mean, whiten = fit_whitening(fit.features.astype(np.float64), _latent_components(fit))
    squared: F64 = (((choice.features - mean) @ whiten) ** 2).sum(axis=1)
    return squared


def _latent_components(outputs: NetworkOutputs) -> int:
    """No more than the records can bear."""
    n, n_features = outputs.features.shape
    return int(min(LATENT_COMPONENTS, n_features // 2, n // 4))


def _calibrated(draft: Normality, held_out: ModelInput, run: Run, rng: np.random.Generator) -> Normality:
    """Scale every ingredient, and the score, for each number of leads; and the map, for each lead."""
    arrays = {name: getattr(draft, name).copy() for name in ("centre", "spread", "zero", "one")}
    for n in range(1, N_LEADS + 1):
        few = keep_leads(held_out, _lead_sets(n, len(held_out.signal), rng))
        ingredients = draft.ingredients(few, run(few))
        arrays["centre"][n], arrays["spread"][n] = _centre_and_spread(ingredients)
        scaled = _replaced(draft, **arrays)
        combined = scaled.combine(ingredients, np.full(len(ingredients), n))
        arrays["zero"][n], arrays["one"][n] = np.quantile(combined, (0.5, 1 - FALSE_ALARMS))
    return _replaced(draft, **arrays, map_unit=_map_unit(draft, held_out, run(held_out)))


def _map_unit(draft: Normality, held_out: ModelInput, outputs: NetworkOutputs) -> F64:
    """Put the parts of the map on one scale, then the map as a whole."""
    parts = map_parts(draft, held_out, outputs)
    valid = held_out.valid
    unit = np.array([_high(part, valid, PASSING_QUANTILE) for part in parts])
    unit[-1] = np.inf
    unit *= _high(join_parts(parts, unit), valid, PASSING_QUANTILE)
    unit[-1] = _high(parts[-1], valid, STAYING_QUANTILE)
    return unit


def _fit_latent(
    fit: ModelInput, outputs: NetworkOutputs, run: Run, rng: np.random.Generator
) -> tuple[F64, F64]:
    """Mean and whitening of pooled latents, and how missing leads move the mean (least squares)."""
    features = outputs.features.astype(np.float64)
    mean, whiten = fit_whitening(features, _latent_components(outputs))
    keep = rng.random((len(features), N_LEADS)) < rng.random((len(features), 1))
    keep[~keep.any(axis=1), 1] = True
    moved = run(keep_leads(fit, keep)).features - mean
    missing = (~keep).astype(np.float64)
    shifts = np.linalg.solve(missing.T @ missing + np.eye(N_LEADS), missing.T @ moved)
    return np.concatenate((mean[None], shifts)), whiten


def _fit_beat(fit: ModelInput) -> tuple[F64, F64]:
    """Mean and standard deviation of normal beats, per lead and sample, compressed amplitude."""
    n = fit.beats_valid.sum(axis=(0, 1), dtype=np.float64)
    total, square = np.zeros_like(n), np.zeros_like(n)
    for beats, valid in zip(fit.beats, fit.beats_valid, strict=True):
        u = np.arcsinh(beats.astype(np.float64) / SHAPE_COMPRESSION_MV) * valid
        total, square = total + u.sum(axis=0), square + (u**2).sum(axis=0)
    mean = total / np.maximum(n, 1)
    variance = square / np.maximum(n, 1) - mean**2
    return mean, np.sqrt(np.maximum(variance, MIN_BEAT_SD**2))


def _lead_sets(n: int, n_records: int, rng: np.random.Generator) -> Bools:
    """(n_records, 12): sets of `n` leads, every second one that monitors really deliver if there is such a
    set.
    """
    likely = [one for one in _LIKELY if len(one) == n]
    keep = np.zeros((n_records, N_LEADS), np.bool_)
    for row, record in zip(keep, range(n_records), strict=True):
        leads: I64 = rng.permutation(N_LEADS)[:n]
        row[list(likely[record // 2 % len(likely)]) if likely and record % 2 else leads] = True
    return keep


def _centre_and_spread(ingredients: F64) -> tuple[F64, F64]:
    """Mean and standard deviation of what could be had; 0 and 1 for an ingredient that never can be."""
    had = np.isfinite(ingredients)
    n = np.maximum(had.sum(axis=0), 1)
    centre = np.nan_to_num(ingredients).sum(axis=0) / n
    spread = np.sqrt((np.where(had, ingredients - centre, 0.0) ** 2).sum(axis=0) / n)
    return centre, np.where(spread > 0, spread, 1.0)


def _high(values: F64, valid: F32, quantile: float) -> F64:
    """(12,): value of each lead that so many of its valid samples stay below; 1 for a lead without any."""
    real = [values[:, lead][valid[:, lead] > 0] for lead in range(N_LEADS)]
    return np.array([max(1e-3, float(np.quantile(one, quantile))) if one.size else 1.0 for one in real])


def _replaced(normality: Normality, **arrays: F64) -> Normality:
    return Normality(
        **{name: arrays.get(name, getattr(normality, name)) for name in Normality.__dataclass_fields__}
    )
