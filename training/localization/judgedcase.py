from dataclasses import dataclass

import numpy as np

from engine.arrays import F64
from training.localization.case import Case
from training.localization.judge import Verdict
from training.localization.measures import (
    Match,
    leads_named,
    marked,
    matches,
    on_map,
    sample_auc,
    tally,
    touches,
)


@dataclass(frozen=True, slots=True, eq=False)
class JudgedCase:
    """A case and what came of it."""

    case: Case
    assessed: bool
    score: float
    auc: float
    counts: F64
    peak: float
    hit: bool
    untouched: bool
    covered: float
    leads: tuple[float, float] | None
    matches: tuple[Match, ...]


def judged_case(case: Case, verdict: Verdict, untouched: Verdict) -> JudgedCase:
    """Hold the verdict against the truth."""
    score_map, spans, truth = verdict.found.map, verdict.spans, case.truth
    asked = case.window.valid & ~case.ignored
    at = on_map(asked)
    return JudgedCase(
        case=case,
        assessed=verdict.found.assessed,
        score=verdict.found.score,
        auc=sample_auc(score_map, truth, asked),
        counts=tally(score_map[at], on_map(truth)[at]),
        peak=float(np.where(on_map(case.asked), score_map, 0).max()),
        hit=touches(spans, case.asked),
        untouched=touches(untouched.spans, case.asked),
        covered=float(marked(spans, (truth.shape[0], truth.shape[1]))[case.asked].mean()),
        leads=leads_named(spans, truth),
        matches=matches(spans, truth),
    )
