"""Logistic regression in which both classes weigh alike."""

import numpy as np
from scipy.optimize import minimize

from engine.arrays import F64, I64

CLIP: float = 4.0
"""Standardized features count up to so many standard deviations."""


def fit_logistic(x: F64, y: I64, weight: F64, penalty: float) -> tuple[F64, F64, F64, float]:
    """Fit with a ridge penalty; return mean and spread of the features, their weights, and the bias.

    `x` (n, k), `y` (n,) of 0 and 1, `weight` (n,) of the rows within their class.
    """
    mean, spread = x.mean(axis=0), x.std(axis=0)
    design = np.column_stack((np.clip((x - mean) / spread, -CLIP, CLIP), np.ones(len(x))))
    share = weight.copy()
    for value in (0, 1):
        share[y == value] /= share[y == value].sum()
    sign = 2.0 * y - 1

    def loss(beta: F64) -> tuple[float, F64]:
        margin = sign * (design @ beta)
        slope = design.T @ (-share * sign / (1 + np.exp(margin))) + penalty * np.append(beta[:-1], 0.0)
        return float(share @ np.logaddexp(0, -margin) + penalty * (beta[:-1] ** 2).sum() / 2), slope

    beta = minimize(loss, np.zeros(design.shape[1]), jac=True, method="L-BFGS-B").x
    return mean, spread, beta[:-1], float(beta[-1])
