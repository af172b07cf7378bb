"""How well a map, and the spans made of it, agree with what is known."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from engine.arrays import F32, F64, Bools
from engine.grid import FS_HZ
from engine.preprocess import MAP_HZ, MAP_N
from engine.span import Span
from training.evaluation import N_BOOTSTRAP, auc
from training.localization.case import runs

BINS: Final = 4096
_FINEST: Final = 0.01
_TOP: Final = 16.0
"""Where maps of many records are taken together, their values are counted in bins of 0.4 %."""

Interval = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Match:
    """A stretch that should be marked, and the span that marks it best."""

    onset_ms: float
    """Span minus truth: negative is too early."""
    offset_ms: float
    overlap: float
    """Intersection over union."""


def on_map(mask: Bools) -> Bools:
    """(12, WINDOW_N) to (12, MAP_N)."""
    return mask[:, np.arange(MAP_N) * FS_HZ // MAP_HZ]


def sample_auc(score_map: F32, truth: Bools, asked: Bools) -> float:
    """AUC over the samples of one record, all leads together; only where `asked`; all (12, WINDOW_N)."""
    at = on_map(asked)
    return auc(score_map[at].astype(np.float64), on_map(truth)[at])


def tally(values: NDArray[Any], positive: Bools) -> F64:
    """(2, BINS) counts of values, negative and positive: what pooled AUCs are made of."""
    place = np.minimum(np.arcsinh(np.maximum(values, 0) / _FINEST) * (BINS / _TOP), BINS - 1)
    whole = place.astype(np.int64)
    counts = [np.bincount(whole[chosen], minlength=BINS) for chosen in (~positive, positive)]
    return np.array(counts, np.float64)


def pooled_auc(counts: F64) -> F64:
    """(...,) AUC of (..., 2, BINS) counts; values of one bin are ties."""
    negative, positive = counts[..., 0, :], counts[..., 1, :]
    below = np.cumsum(negative, axis=-1) - negative / 2
    pairs = negative.sum(axis=-1) * positive.sum(axis=-1)
    with np.errstate(invalid="ignore"):
        area: F64 = np.asarray((positive * below).sum(axis=-1) / pairs)
    return area


def pooled_interval(counts: F64, seed: int = 0) -> Interval:
    """95 % percentile interval of the pooled AUC over resampled records; counts (records, 2, BINS)."""
    rng = np.random.default_rng(seed)
    n = len(counts)
    weights = rng.multinomial(n, np.full(n, 1 / n), N_BOOTSTRAP // 4).astype(np.float64)
    values = pooled_auc((weights @ counts.reshape(n, -1)).reshape(-1, 2, BINS))
    return _percentiles(values)


def mean_interval(values: Sequence[float], records: Sequence[str], seed: int = 0) -> Interval:
    """95 % percentile interval of a mean over cases, records resampled with all their cases."""
    if not len(values):
        return float("nan"), float("nan")
    names, row = np.unique(np.array(records), return_inverse=True)
    total = np.bincount(row, np.asarray(values, np.float64), len(names))
    count = np.bincount(row, minlength=len(names)).astype(np.float64)
    rng = np.random.default_rng(seed)
    weights = rng.multinomial(len(names), np.full(len(names), 1 / len(names)), N_BOOTSTRAP)
    return _percentiles(weights @ total / (weights @ count))


def _percentiles(values: F64) -> Interval:
    finite = values[np.isfinite(values)]
    if not finite.size:
        return float("nan"), float("nan")
    low, high = np.quantile(finite, (0.025, 0.975))
    return float(low), float(high)


def touches(spans: Iterable[Span], asked: Bools) -> bool:
    """Whether any span lies on a sample that is asked for, in its own lead."""
    return any(asked[span.lead, max(0, span.onset) : span.offset].any() for span in spans)


def matches(spans: Sequence[Span], truth: Bools) -> tuple[Match, ...]:
    """For every stretch of truth that some span of its lead overlaps: how the best of these fits."""
    found = []
    for lead, row in enumerate(truth):
        mine = [span for span in spans if span.lead == lead]
        for onset, offset in runs(row):
            fits = [_match(span, onset, offset) for span in mine if span.onset < offset > onset < span.offset]
            if fits:
                found.append(max(fits, key=lambda fit: fit.overlap))
    return tuple(found)


def _match(span: Span, onset: int, offset: int) -> Match:
    both = min(span.offset, offset) - max(span.onset, onset)
    either = max(span.offset, offset) - min(span.onset, onset)
    ms = 1e3 / FS_HZ
    return Match((span.onset - onset) * ms, (span.offset - offset) * ms, both / either)


def leads_named(spans: Sequence[Span], truth: Bools) -> tuple[float, float] | None:
    """Precision and recall of the leads marked at the time of the truth; None if none is marked then."""
    when = np.logical_or.reduce(truth)
    named = {span.lead for span in spans if when[max(0, span.onset) : span.offset].any()}
    right = set(np.flatnonzero(truth.any(axis=1)).tolist())
    if not named or not right:
        return None
    return len(named & right) / len(named), len(named & right) / len(right)


def marked(spans: Iterable[Span], shape: tuple[int, int]) -> Bools:
    """(12, WINDOW_N) samples that lie in spans."""
    mask = np.zeros(shape, np.bool_)
    for span in spans:
        mask[span.lead, max(0, span.onset) : span.offset] = True
    return mask
