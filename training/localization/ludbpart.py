"""The LUDB part of the benchmark: real findings, the leads that should show them, the waves marked."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from engine.arrays import F64, Bools
from training.evaluation import auc, bootstrap_auc
from training.localization.judge import Scores, Verdict, judge
from training.localization.ludb import GROUPS, WAVES, LudbRecord
from training.localization.measures import Interval, marked, mean_interval
from training.localization.outcome import Outcome

LEAD_QUANTILE: Final = 0.98
"""A lead stands for what its map reaches in 0.2 s of the ten."""
ELSEWHERE: Final = "between"


@dataclass(frozen=True, slots=True)
class LudbFigures:
    """What LUDB can tell; it has few normal records, so mind the interval."""

    n_records: int
    n_normal: int
    auc: float
    """Any finding against none, by the window's score."""
    auc_interval: Interval
    n_walls: int
    """Records whose diagnosis names a wall."""
    lead_auc: float
    """Mean over these of: leads that look at it against the others of the record, by their map."""
    lead_interval: Interval
    right_leads: float
    """Share of the marked time of these records that lies in leads that look at the wall."""
    right_leads_by_chance: float
    """Their share of all leads."""
    waves: dict[str, dict[str, float]]
    """For each group of findings, and normal: share of marked time on P, QRS, ST-T and between; and, as
    "signal", what share of the time these waves fill."""
    spans_per_minute: dict[str, float]
    """By group."""


def run_ludb(
    scorer: Scores, records: Sequence[LudbRecord], advance: Callable[[], None]
) -> tuple[LudbFigures, list[Outcome]]:
    """Judge every record."""
    verdicts = []
    for verdict in judge(scorer, (one.window for one in records)):
        verdicts.append(verdict)
        advance()
    outcomes = [_outcome(*one) for one in zip(records, verdicts, strict=True)]
    return _figures(records, verdicts, outcomes), outcomes


def _outcome(record: LudbRecord, verdict: Verdict) -> Outcome:
    right = record.wall_leads
    per_lead = np.quantile(verdict.found.map.astype(np.float64), LEAD_QUANTILE, axis=1)
    leads_auc = auc(per_lead, right) if right.any() and not right.all() else float("nan")
    hit = any(right[span.lead] for span in verdict.spans) if right.any() else float("nan")
    abnormal = float(not record.normal)
    return Outcome("ludb", "leads", "", record.name, leads_auc, float(hit), verdict.found.score, abnormal)


def _figures(
    records: Sequence[LudbRecord], verdicts: Sequence[Verdict], outcomes: Sequence[Outcome]
) -> LudbFigures:
    abnormal = np.array([bool(one.abnormal) for one in outcomes])
    scores = np.array([one.score for one in outcomes])
    scores = np.where(np.isnan(scores), np.where(abnormal, -np.inf, np.inf), scores)
    walls = [i for i, one in enumerate(outcomes) if np.isfinite(one.auc)]
    lead_aucs = [outcomes[i].auc for i in walls]
    masks = [
        marked(one.spans, (record.window.x.shape[0], record.window.x.shape[1]))
        for record, one in zip(records, verdicts, strict=True)
    ]
    in_leads = np.array([[masks[i][records[i].wall_leads].sum(), masks[i].sum()] for i in walls]).sum(axis=0)
    members = {group: [i for i, one in enumerate(records) if group in one.groups] for group in GROUPS}
    members["normal"] = [i for i, one in enumerate(records) if one.normal]
    waves = {
        group: _waves([records[i] for i in rows], [masks[i] for i in rows]) for group, rows in members.items()
    }
    waves["signal"] = _waves(records, [np.ones_like(mask) for mask in masks])
    return LudbFigures(
        n_records=len(records),
        n_normal=int((~abnormal).sum()),
        auc=auc(scores, abnormal),
        auc_interval=bootstrap_auc(scores, abnormal, 0),
        n_walls=len(walls),
        lead_auc=float(np.mean(lead_aucs)),
        lead_interval=mean_interval(lead_aucs, [outcomes[i].record for i in walls]),
        right_leads=float(in_leads[0] / max(1, in_leads[1])),
        right_leads_by_chance=float(np.mean([records[i].wall_leads.mean() for i in walls])),
        waves=waves,
        spans_per_minute={
            group: float(np.mean([len(verdicts[i].spans) * 6.0 for i in rows])) if rows else float("nan")
            for group, rows in members.items()
        },
    )


def _waves(records: Sequence[LudbRecord], masks: Sequence[Bools]) -> dict[str, float]:
    """Shares of the marked time, where waves were annotated."""
    total: F64 = np.zeros(len(WAVES) + 1)
    for record, mask in zip(records, masks, strict=True):
        inside = mask & record.delineated
        on = [(inside & record.waves[wave]).sum() for wave in WAVES]
        total += [*on, inside.sum() - sum(on)]
    shares = total / total.sum() if total.sum() else total * np.nan
    return dict(zip((*WAVES, ELSEWHERE), map(float, shares), strict=True))
