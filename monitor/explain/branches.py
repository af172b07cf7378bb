"""Which part of the model spoke: what the score is made of, and what marks a span."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from engine.backends.backend import NetworkOutputs
from engine.grid import FS_HZ
from engine.leads import LEADS
from engine.models.errormap import surprises
from engine.models.normality import INGREDIENTS, Normality
from engine.models.readings import READINGS, read
from engine.preprocess import MAP_HZ, MAP_N, ModelInput, stack
from engine.span import Span


@dataclass(frozen=True, slots=True)
class Ingredient:
    """A part of the score."""

    name: str
    deviation: float | None
    """In standard deviations of normal ECG with as many leads; None where it cannot be had."""
    share: float
    """What it adds to the score, in units of the distance from the median normal window to the threshold."""


@dataclass(frozen=True, slots=True)
class Marked:
    """A span, and what made it one."""

    lead: str
    onset: int
    """Absolute sample."""
    offset: int
    strength: float
    """1 is what normal ECG rarely reaches."""
    readings: tuple[tuple[str, float], ...]
    """Reading -> share of the mark, largest first, those above a tenth."""


def ingredients(
    normality: Normality, prepared: ModelInput, outputs: NetworkOutputs
) -> tuple[Ingredient, ...]:
    """What the score of one window is made of, the largest part first."""
    batch = stack([prepared])
    n_leads = batch.leads.sum(axis=1)
    deviation = normality.standard(normality.ingredients(batch, outputs), n_leads)[0]
    weight = np.where(np.isfinite(deviation), normality.weight, 0.0)
    unit = float(normality.one[n_leads[0]] - normality.zero[n_leads[0]])
    shares = np.nan_to_num(deviation) * weight / max(float(weight.sum()), 1e-9) / unit
    found = [
        Ingredient(name, float(value) if np.isfinite(value) else None, float(share))
        for name, value, share in zip(INGREDIENTS, deviation, shares, strict=True)
    ]
    return tuple(sorted(found, key=lambda one: -one.share))


def marks(
    normality: Normality,
    prepared: ModelInput,
    outputs: NetworkOutputs,
    spans: Sequence[Span],
    start_sample: int,
) -> tuple[Marked, ...]:
    """What made each span of one window that begins at `start_sample`; the strongest first."""
    surprise = surprises(normality, read(normality, stack([prepared]), outputs))[:, 0] ** 2
    found = []
    for span in sorted(spans, key=lambda span: -span.strength):
        low, high = (_place(at, start_sample) for at in (span.onset, span.offset))
        parts = surprise[:, span.lead, low : max(high, low + 1)].mean(axis=1)
        shares = parts / max(float(parts.sum()), 1e-9)
        order = np.argsort(-shares)
        named = tuple((READINGS[k], float(shares[k])) for k in order.tolist() if shares[k] > 0.1)
        found.append(Marked(LEADS[span.lead], span.onset, span.offset, span.strength, named))
    return tuple(found)


def _place(sample: int, start_sample: int) -> int:
    return int(np.clip((sample - start_sample) * MAP_HZ // FS_HZ, 0, MAP_N - 1))
