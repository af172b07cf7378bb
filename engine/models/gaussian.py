from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np

from engine.arrays import F64, Bools

KEPT_PATTERNS: Final = 32
"""Of so many sets of leads it is kept how they tell the factors."""


@dataclass(frozen=True, eq=False)
class FactorModel:
    """Joint normal distribution of all leads' features and the rhythm's, with few factors behind it.

    Probabilistic principal components (Tipping and Bishop 1999): features are a linear image of `k`
    independent factors of variance 1, plus noise. The factors are inferred from whatever leads are there, so
    any subset of leads has a distance.
    """

    mean: F64
    """(12, f) of each lead's features."""
    unit: F64
    """(12, f): deviations are counted in these; the noise has variance 1 then."""
    loading: F64
    """(12, f, k): from factors to features, in units."""
    rhythm_mean: F64
    """(r,) of the rhythm's features."""
    rhythm_unit: F64
    """(r,)."""
    rhythm_loading: F64
    """(r, k)."""

    @cached_property
    def _information(self) -> F64:
        """(13, k, k): what each lead, and the rhythm, says of the factors."""
        leads = np.swapaxes(self.loading, 1, 2) @ self.loading
        return np.concatenate((leads, (self.rhythm_loading.T @ self.rhythm_loading)[None]))

    @cached_property
    def _covariances(self) -> dict[bytes, F64]:
        """By pattern of what is known: a monitor meets a few of them, again and again."""
        return {}

    def distances(self, per_lead: F64, rhythm: F64) -> F64:
        """Squared length of the inferred factors: how far from normal, in what the leads can tell.

        Parameters
        ----------
        per_lead : (B, 12, f) float64
            Features of each lead, NaN where the lead is missing.
        rhythm : (B, r) float64
            Features of the rhythm, NaN where not measurable.

        Returns
        -------
        (B,) float64
            NaN without any lead.
        """
        there: Bools = np.asarray(np.isfinite(per_lead).all(axis=2))
        away = np.where(there[:, :, None], (per_lead - self.mean) / self.unit, 0.0)
        steady: Bools = np.asarray(np.isfinite(rhythm).all(axis=1))
        rhythm_away = np.where(steady[:, None], (rhythm - self.rhythm_mean) / self.rhythm_unit, 0.0)
        k = self.rhythm_loading.shape[1]
        seen = away.reshape(len(away), -1) @ self.loading.reshape(-1, k) + rhythm_away @ self.rhythm_loading
        known = np.column_stack((there, steady))
        rows_of: dict[bytes, list[int]] = {}
        for row, pattern in enumerate(known):
            rows_of.setdefault(pattern.tobytes(), []).append(row)
        squared = np.empty(len(seen))
        for rows in rows_of.values():
            squared[rows] = ((seen[rows] @ self._covariance(known[rows[0]])) ** 2).sum(axis=1)
        return np.where(there.any(axis=1), squared, np.nan)

    def _covariance(self, known: Bools) -> F64:
        """(k, k): of the factors, given which leads, and the rhythm, are known; the latest ones are kept."""
        kept, key = self._covariances, known.tobytes()
        if key not in kept:
            information: F64 = np.tensordot(known.astype(np.float64), self._information, axes=1)
            if len(kept) >= KEPT_PATTERNS:
                kept.pop(next(iter(kept)), None)
            kept[key] = np.linalg.inv(information + np.eye(len(information))).astype(np.float64)
        return kept[key]


def fit_factors(per_lead: F64, rhythm: F64, k: int) -> FactorModel:
    """Fit by principal components of standardized features, over records that have all of them.

    Parameters
    ----------
    per_lead : (n, 12, f) float64
        NaN marks missing leads.
    rhythm : (n, r) float64
        NaN marks what was not measurable.
    k : int
        Factors at most; a tenth of a small number of records is left to the noise.
    """
    n, n_leads, f = per_lead.shape
    x = np.concatenate((per_lead.reshape(n, -1), rhythm), axis=1)
    x = x[np.isfinite(x).all(axis=1)]
    mean, sd = x.mean(axis=0), x.std(axis=0) + 1e-6
    _, singular, directions = np.linalg.svd((x - mean) / sd, full_matrices=False)
    variance = singular**2 / len(x)
    k = min(k, round(0.9 * len(variance)) - 1, int((variance > 1e-9 * variance[0]).sum()) - 1)
    noise = float(variance[k:].sum() / (x.shape[1] - k)) + 1e-9
    loading = directions[:k].T * np.sqrt(np.maximum(variance[:k] - noise, 0.0) / noise)
    unit = sd * np.sqrt(noise)
    cut = n_leads * f
    return FactorModel(
        mean[:cut].reshape(n_leads, f),
        unit[:cut].reshape(n_leads, f),
        loading[:cut].reshape(n_leads, f, k),
        mean[cut:],
        unit[cut:],
        loading[cut:],
    )


def fit_whitening(x: F64, k: int) -> tuple[F64, F64]:
    """Mean and whitening (F, k) of the first `k` principal components of standardized features."""
    mean, sd = x.mean(axis=0), x.std(axis=0) + 1e-6
    _, singular, directions = np.linalg.svd((x - mean) / sd, full_matrices=False)
    k = min(k, int((singular > 1e-6 * singular[0]).sum()))
    whiten: F64 = directions[:k].T / sd[:, None] / (singular[:k] / np.sqrt(len(x)))
    return mean, whiten
