"""From restoration errors to the scale of the monitor: what fold 8 decides after the epoch."""

from collections.abc import Sequence

import numpy as np

from engine.arrays import F64, Bools
from engine.models.mcr2023.checkpoint import Scale
from engine.models.mcr2023.passes import Assessed
from training.calibration import FALSE_ALARMS, MARKED
from training.evaluation import auc


def fit_scale(assessed: Sequence[Assessed], normal: Bools) -> tuple[Scale, tuple[float, float]]:
    """Scale from the assessed records of fold 8; and the AUC there of both ways to score.

    The better of the two is chosen: every sample, as published, or the two branches only where hidden.
    """
    errors = np.stack([one.errors for one in assessed])
    every, hidden = (auc(errors[:, way], ~normal) for way in (0, 1))
    better = hidden > every
    of_normal: F64 = errors[normal, int(better)]
    maps = np.stack([one.map for one, is_normal in zip(assessed, normal, strict=True) if is_normal])
    scale = Scale(
        hidden=bool(better),
        zero=float(np.median(of_normal)),
        one=float(np.quantile(of_normal, 1 - FALSE_ALARMS)),
        map_unit=np.maximum(np.quantile(maps, 1 - MARKED, axis=(0, 2)).astype(np.float64), 1e-9),
    )
    return scale, (every, hidden)
