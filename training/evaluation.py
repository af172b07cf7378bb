"""Figures of merit by the protocol of `engine/weights/mcr.md`: nothing is dropped."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

import numpy as np

from engine.arrays import F64, Bools
from engine.errors import ConfigurationError, RecordError
from engine.localize import localize
from engine.scorer import Scorer
from engine.signals import condition
from training.dataset import Example, make_example
from training.ptbxl import SUPERCLASSES, Entry

N_BOOTSTRAP: Final = 2000
SPECIFICITIES: Final = (0.90, 0.95)
UNREADABLE: Final = "unreadable"
_BATCH: Final = 16


@dataclass(frozen=True, slots=True)
class Evaluation:
    """How well abnormal records are told from normal ones."""

    n_records: int
    n_normal: int
    n_abnormal: int
    not_assessed: dict[str, int]
    """Records without a score, by reason; each counts as an error."""
    auc: float
    auc_interval: tuple[float, float]
    """95 %, percentile bootstrap over records."""
    auc_by_class: dict[str, float]
    """Records of a superclass against normal ones; "none" has statements but no diagnostic superclass."""
    n_by_class: dict[str, int]
    sensitivity: dict[str, float]
    """At these specificities, measured on the same records."""
    threshold_sensitivity: float
    threshold_specificity: float
    """At the shipped threshold."""
    spans_per_minute_normal: float
    """Marked spans on normal records, all leads together."""
    normal_records_with_spans: float
    """Share of normal records with any span."""

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Scored:
    """One record's outcome."""

    entry: Entry
    score: float
    reason: str | None
    n_spans: int
    fault: str = ""
    """Why the record could not be read, in a sentence that names it."""


def score_entries(scorer: Scorer, entries: Iterable[Entry]) -> Iterable[Scored]:
    """Send records through the live path's own functions."""
    pending: list[Entry] = []
    for entry in entries:
        pending.append(entry)
        if len(pending) == _BATCH:
            yield from _score(scorer, pending)
            pending = []
    yield from _score(scorer, pending)


def _score(scorer: Scorer, entries: Sequence[Entry]) -> Iterable[Scored]:
    read = [_read(entry) for entry in entries]
    examples = [one for one in read if isinstance(one, Example)]
    maps = iter(
        scorer.score(
            condition([one.window for one in examples]),
            [one.quality for one in examples],
            [one.beats for one in examples],
        )
        if examples
        else ()
    )
    for one in read:
        if isinstance(one, Scored):
            yield one
        else:
            found = next(maps)
            yield Scored(one.entry, found.score, found.reason, len(localize(found)))


def _read(entry: Entry) -> Example | Scored:
    """A record that cannot be read is not left out: it counts as an error, like any without a score."""
    try:
        return make_example(entry)
    except RecordError as error:
        return Scored(entry, float("nan"), UNREADABLE, 0, str(error))


def evaluate(scored: Sequence[Scored], seed: int = 0) -> Evaluation:
    """Figures over scored records; normal is "superclass list exactly NORM", everything else is abnormal."""
    normal = np.array([one.entry.normal for one in scored])
    if normal.all() or not normal.any():
        raise ConfigurationError(
            f"{normal.sum()} normal and {(~normal).sum()} abnormal records: figures need both, choose "
            "another fold (--fold) or fetch more of the data (`ecg-monitor data fetch ptbxl`)"
        )
    scores = with_errors(np.array([one.score for one in scored]), normal)
    classes = {name: np.array([name in one.entry.superclasses for one in scored]) for name in SUPERCLASSES}
    classes["none"] = np.array([not one.entry.superclasses for one in scored])
    spans = np.array([one.n_spans for one in scored])[normal]
    above = scores > 1
    return Evaluation(
        n_records=len(scored),
        n_normal=int(normal.sum()),
        n_abnormal=int((~normal).sum()),
        not_assessed=dict(Counter(one.reason for one in scored if one.reason)),
        auc=auc(scores, ~normal),
        auc_interval=bootstrap_auc(scores, ~normal, seed),
        auc_by_class={
            name: auc(scores[normal | member], ~normal[normal | member])
            for name, member in classes.items()
            if member.any()
        },
        n_by_class={name: int((member & ~normal).sum()) for name, member in classes.items() if member.any()},
        sensitivity={
            f"{specificity:.0%}": float(
                (scores[~normal] > np.quantile(scores[normal], specificity, method="higher")).mean()
            )
            for specificity in SPECIFICITIES
        },
        threshold_sensitivity=float(above[~normal].mean()),
        threshold_specificity=float(1 - above[normal].mean()),
        spans_per_minute_normal=float(spans.mean() * 6),
        normal_records_with_spans=float((spans > 0).mean()),
    )


def auc(scores: F64, abnormal: Bools) -> float:
    """Area under the ROC curve; ties count half (Mann and Whitney 1947). NaN if one class is empty."""
    n_abnormal, n_normal = int(abnormal.sum()), int((~abnormal).sum())
    if not n_abnormal or not n_normal:
        return float("nan")
    ordered = np.sort(scores[~abnormal])
    below = np.searchsorted(ordered, scores[abnormal], "left")
    not_above = np.searchsorted(ordered, scores[abnormal], "right")
    return float((below + not_above).sum() / 2 / n_abnormal / n_normal)


def bootstrap_auc(scores: F64, abnormal: Bools, seed: int) -> tuple[float, float]:
    """95 % percentile interval over resampled records, both classes resampled apart."""
    rng = np.random.default_rng(seed)
    normal_scores, abnormal_scores = scores[~abnormal], scores[abnormal]
    labels = np.arange(len(scores)) < len(abnormal_scores)
    values = [
        auc(
            np.concatenate(
                (
                    rng.choice(abnormal_scores, len(abnormal_scores)),
                    rng.choice(normal_scores, len(normal_scores)),
                )
            ),
            labels,
        )
        for _ in range(N_BOOTSTRAP)
        if len(normal_scores) and len(abnormal_scores)
    ]
    low, high = np.quantile(values, (0.025, 0.975)) if values else (float("nan"), float("nan"))
    return float(low), float(high)


def with_errors(scores: F64, normal: Bools) -> F64:
    """A record without a score is wrong whatever its class: a false alarm if normal, else a miss."""
    return np.where(np.isnan(scores), np.where(normal, np.inf, -np.inf), scores)
