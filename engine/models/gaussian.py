from dataclasses import dataclass

import numpy as np

from engine.arrays import F64


@dataclass(frozen=True, slots=True, eq=False)
class LeadGroups:
    """Normal distributions of the beats of equally large groups of leads (single leads, pairs, ...).

    Each is a Gaussian in the first principal components of the group's features. A group counts where all
    its leads are there, so missing leads neither raise nor lower a distance.
    """

    leads: F64
    """(G, g) indices into the 12 leads."""
    mean: F64
    """(G, F) of the group's features: those of its leads one after the other, then the rhythm's."""
    whiten: F64
    """(G, F, k): from features less their mean to independent components of variance 1."""
    log_mean: F64
    """(G,) mean of the logarithm of the squared distance over normal ECG that the Gaussian was not fitted
    to."""
    log_sd: F64
    """(G,) its standard deviation."""

    def distances(self, per_lead: F64, rhythm: F64) -> F64:
        """Squared Mahalanobis distances (B, G); NaN where a lead of the group is missing.

        Parameters
        ----------
        per_lead : (B, 12, f) float64
            Features of each lead, NaN where the lead is missing.
        rhythm : (B, r) float64
            Features of the rhythm; what is NaN counts as normal.
        """
        away = group_features(self.leads, per_lead, rhythm) - self.mean
        n_lead_features = per_lead.shape[2] * self.leads.shape[1]
        away[..., n_lead_features:] = np.nan_to_num(away[..., n_lead_features:])
        z = np.einsum("bgf,gfk->bgk", away, self.whiten, optimize=True)
        squared: F64 = (z**2).sum(axis=2)
        return squared

    def standard(self, per_lead: F64, rhythm: F64) -> F64:
        """Distances on the scale of normal ECG: mean 0, standard deviation 1. (B, G), NaN if missing."""
        standard: F64 = (np.log(self.distances(per_lead, rhythm) + 1e-9) - self.log_mean) / self.log_sd
        return standard


def group_features(leads: F64, per_lead: F64, rhythm: F64) -> F64:
    """(B, G, F): features of each group's leads, and the rhythm's."""
    n_groups = len(leads)
    chosen = per_lead[:, leads.astype(np.int64).reshape(-1)].reshape(len(per_lead), n_groups, -1)
    everywhere = np.broadcast_to(rhythm[:, None], (len(rhythm), n_groups, rhythm.shape[1]))
    return np.concatenate((chosen, everywhere), axis=2)


def fit_whitening(x: F64, k: int) -> tuple[F64, F64]:
    """Mean and whitening (F, k) of the first `k` principal components of standardized features."""
    mean, sd = x.mean(axis=0), x.std(axis=0) + 1e-6
    _, singular, directions = np.linalg.svd((x - mean) / sd, full_matrices=False)
    k = min(k, int((singular > 1e-6 * singular[0]).sum()))
    whiten: F64 = directions[:k].T / sd[:, None] / (singular[:k] / np.sqrt(len(x)))
    return mean, whiten
