"""Putting scores and maps on the scale of normal ECG: 0 is its middle, 1 its false-alarm budget."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from engine.arrays import F32, F64, I64, Bools
from engine.backends.backend import NetworkOutputs
from engine.leads import N_LEADS
from engine.models.errormap import join, surprises
from engine.models.normality import Normality
from engine.models.readings import N_READINGS, read
from engine.preprocess import ModelInput
from training.dataset import keep_leads

FALSE_ALARMS: Final = 0.05
"""Share of normal windows above the threshold: what a ward is asked to bear before 3-of-5 persistence."""
MARKED: Final = 1e-3
"""Share of samples of normal ECG above 1 in the score map, in every lead, before suspicion raises it."""
LEVELS: Final = np.array([0.7, 0.5, 0.3, 0.2, 0.1, 0.05, 0.02, 0.01, 5e-3, 2e-3, 1e-3, 5e-4, 2e-4, 1e-4])
"""Shares of normal samples between which surprise is interpolated."""
TABLE_N: Final = 129
MIN_TOP: Final = 1e-3
"""A reading that stays below this in normal ECG says nothing."""
_LIKELY: Final = ((1,), (1, 6), (1, 10), (0, 1, 2, 3, 4, 5), (0, 1, 2, 3, 4, 5, 6), (0, 1, 2, 3, 4, 5, 10))
"""Lead sets that monitors deliver: II; II with V1 or V5; the limb leads, and with one chest lead."""

Run = Callable[[ModelInput], NetworkOutputs]


@dataclass(frozen=True, slots=True, eq=False)
class Judged:
    """Normal records, and statistics that were fitted without them."""

    normality: Normality
    inputs: ModelInput


def calibrate(
    normality: Normality, judged: Sequence[Judged], run: Run, rng: np.random.Generator
) -> Normality:
    """Scale every ingredient, and the score, for each number of leads; and the map, for each lead."""
    arrays = {name: getattr(normality, name).copy() for name in ("centre", "spread", "zero", "one")}
    for n in range(1, N_LEADS + 1):
        ingredients = np.concatenate([_with_leads(one, n, run, rng) for one in judged])
        arrays["centre"][n], arrays["spread"][n] = _centre_and_spread(ingredients)
        scaled = replace(normality, **arrays)
        combined = scaled.combine(ingredients, np.full(len(ingredients), n))
        arrays["zero"][n], arrays["one"][n] = np.quantile(combined, (0.5, 1 - FALSE_ALARMS))
    return _with_map(replace(normality, **arrays), judged, run)


def _with_leads(judged: Judged, n: int, run: Run, rng: np.random.Generator) -> F64:
    few = keep_leads(judged.inputs, _lead_sets(n, len(judged.inputs.signal), rng))
    return judged.normality.ingredients(few, run(few))


def _with_map(normality: Normality, judged: Sequence[Judged], run: Run) -> Normality:
    """Turn readings into surprises, and scale the map, by every normal record."""
    readings = np.concatenate([read(one.normality, one.inputs, run(one.inputs)) for one in judged], axis=1)
    valid = np.concatenate([one.inputs.valid for one in judged]) > 0
    top, table = np.ones((N_READINGS, N_LEADS)), np.zeros((N_READINGS, N_LEADS, TABLE_N))
    for lead in range(N_LEADS):
        for i, reading in enumerate(readings[:, :, lead]):
            top[i, lead], table[i, lead] = _surprise_table(reading[valid[:, lead]])
    with_tables = replace(normality, surprise_top=top, surprise=table)
    joined = join(surprises(with_tables, readings))
    high = [_quantile(joined[:, lead][valid[:, lead]], 1 - MARKED) for lead in range(N_LEADS)]
    return replace(with_tables, map_unit=np.maximum(high, 0.1))


def _surprise_table(values: F32) -> tuple[float, F64]:
    """Highest reading of the table, and the surprises up to there; none where normal ECG never has any."""
    knots = np.maximum.accumulate([_quantile(values, 1 - level) for level in LEVELS])
    if knots[-1] < MIN_TOP:
        return 1.0, np.zeros(TABLE_N)
    knots = knots + np.arange(len(knots)) * 1e-6 * knots[-1]
    at = np.linspace(0, 1, TABLE_N) ** 2 * knots[-1]
    table = np.interp(at, np.append(0, knots), np.append(0, -np.log10(LEVELS)))
    table[0] = 0.0  # a reading of nothing, however rare
    return float(knots[-1]), table


def _quantile(values: F32, quantile: float) -> float:
    return float(np.quantile(values, quantile)) if values.size else 0.0


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
