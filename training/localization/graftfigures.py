"""What is reported of grafts."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from engine.arrays import F64
from training.evaluation import auc
from training.localization.case import ARTEFACT, TRANSIENT
from training.localization.judge import Verdict
from training.localization.judgedcase import JudgedCase
from training.localization.measures import Interval, mean_interval, pooled_auc, pooled_interval


@dataclass(frozen=True, slots=True)
class KindFigures:
    """One kind of anomaly, of one duration."""

    kind: str
    lasting: str
    n: int
    auc: float
    """Mean over records of the AUC over samples and leads."""
    auc_interval: Interval
    recall: float
    """Share of grafts with a span on them."""
    untouched: float
    """The same share before anything was grafted: what is found by chance."""
    lead_precision: float
    lead_recall: float
    """Leads marked at the time of the graft against leads that it changed, where any is marked."""
    onset_ms: tuple[float, float]
    """Median and 90th percentile of the absolute error, stretches of truth that a span overlaps."""
    offset_ms: tuple[float, float]
    overlap: float
    """Median intersection over union of these."""


@dataclass(frozen=True, slots=True)
class ArtefactFigures:
    """One kind of artefact."""

    kind: str
    n: int
    marked_samples: float
    """Share of its samples that spans cover."""
    marked_records: float
    """Share of records with a span on it."""
    untouched: float
    told_apart_auc: float
    """Highest map value on transient anomalies against highest on this artefact."""


@dataclass(frozen=True, slots=True)
class GraftFigures:
    """Everything about grafts."""

    n_normal: int
    """Normal records: the ground of all grafts."""
    n_cases: int
    not_assessed: int
    """Cases without a map; they count as constant maps and as misses."""
    auc: float
    """Mean over kinds of `KindFigures.auc`."""
    auc_interval: Interval
    pooled_auc: float
    """All samples of all anomalous cases together, as the literature reports it."""
    pooled_interval: Interval
    auc_transient: float
    auc_steady: float
    recall: float
    kinds: tuple[KindFigures, ...]
    artefacts: tuple[ArtefactFigures, ...]
    told_apart_auc: float
    """Transient anomalies against all artefacts, by the highest map value on them."""
    spans_per_minute_normal: float
    normal_records_with_spans: float


def graft_figures(judged: Sequence[JudgedCase], normal: Sequence[Verdict]) -> GraftFigures:
    """Figures over all cases, and over the untouched records."""
    anomalies = [one for one in judged if one.case.lasting != ARTEFACT]
    artefacts = [one for one in judged if one.case.lasting == ARTEFACT]
    passing = [one for one in anomalies if one.case.lasting == TRANSIENT]
    kinds = tuple(_kind(some) for some in _by_kind(anomalies))
    counts = np.array([one.counts for one in anomalies])
    lasting = {one.kind + one.lasting: 1 / one.n for one in kinds}
    return GraftFigures(
        n_normal=len(normal),
        n_cases=len(judged),
        not_assessed=sum(not one.assessed for one in judged),
        auc=_mean([one.auc for one in kinds]),
        auc_interval=_balanced_interval(anomalies, lasting),
        pooled_auc=float(pooled_auc(counts.sum(axis=0))) if anomalies else float("nan"),
        pooled_interval=pooled_interval(_by_record(anomalies)),
        auc_transient=_mean([one.auc for one in kinds if one.lasting == TRANSIENT]),
        auc_steady=_mean([one.auc for one in kinds if one.lasting != TRANSIENT]),
        recall=_mean([one.recall for one in kinds]),
        kinds=kinds,
        artefacts=tuple(_artefact(some, passing) for some in _by_kind(artefacts)),
        told_apart_auc=_told_apart(passing, artefacts),
        spans_per_minute_normal=_mean([len(one.spans) * 6.0 for one in normal]),
        normal_records_with_spans=_mean([float(bool(one.spans)) for one in normal]),
    )


def _by_kind(judged: Sequence[JudgedCase]) -> list[list[JudgedCase]]:
    kinds: dict[tuple[str, str], list[JudgedCase]] = {}
    for one in judged:
        kinds.setdefault((one.case.kind, one.case.lasting), []).append(one)
    return list(kinds.values())


def _by_record(judged: Sequence[JudgedCase]) -> F64:
    records: dict[str, F64] = {}
    for one in judged:
        records[one.case.record] = records.get(one.case.record, 0.0) + one.counts
    return np.array(list(records.values()))


def _balanced_interval(judged: Sequence[JudgedCase], share: dict[str, float]) -> Interval:
    """Of the mean over kinds: every case weighs as much as its kind lets it."""
    n_kinds, n = len(share), len(judged)
    values = [one.auc * share[one.case.kind + one.case.lasting] * n / n_kinds for one in judged]
    return mean_interval(values, [one.case.record for one in judged])


def _kind(judged: Sequence[JudgedCase]) -> KindFigures:
    first = judged[0].case
    named = [one.leads for one in judged if one.leads]
    fits = [fit for one in judged for fit in one.matches]
    aucs = [one.auc for one in judged]
    return KindFigures(
        kind=first.kind,
        lasting=first.lasting,
        n=len(judged),
        auc=_mean(aucs),
        auc_interval=mean_interval(aucs, [one.case.record for one in judged]),
        recall=_mean([float(one.hit) for one in judged]),
        untouched=_mean([float(one.untouched) for one in judged]),
        lead_precision=_mean([precision for precision, _ in named]),
        lead_recall=_mean([recall for _, recall in named]),
        onset_ms=_middle_and_tail([abs(fit.onset_ms) for fit in fits]),
        offset_ms=_middle_and_tail([abs(fit.offset_ms) for fit in fits]),
        overlap=float(np.median([fit.overlap for fit in fits])) if fits else float("nan"),
    )


def _artefact(judged: Sequence[JudgedCase], passing: Sequence[JudgedCase]) -> ArtefactFigures:
    return ArtefactFigures(
        kind=judged[0].case.kind,
        n=len(judged),
        marked_samples=_mean([one.covered for one in judged]),
        marked_records=_mean([float(one.hit) for one in judged]),
        untouched=_mean([float(one.untouched) for one in judged]),
        told_apart_auc=_told_apart(passing, judged),
    )


def _told_apart(passing: Sequence[JudgedCase], artefacts: Sequence[JudgedCase]) -> float:
    peaks = np.array([one.peak for one in (*passing, *artefacts)])
    return auc(peaks, np.arange(len(peaks)) < len(passing))


def _mean(values: Sequence[float]) -> float:
    return float(np.mean(values)) if values else float("nan")


def _middle_and_tail(values: Sequence[float]) -> tuple[float, float]:
    if not values:
        return float("nan"), float("nan")
    middle, tail = np.quantile(values, (0.5, 0.9))
    return float(middle), float(tail)
