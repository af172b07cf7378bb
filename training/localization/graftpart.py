"""The graft part of the benchmark: normal records with anomalies at known samples and leads."""

from collections.abc import Callable, Iterator, Sequence

from engine.window import Window
from training.localization.case import Case
from training.localization.graftfigures import GraftFigures, graft_figures
from training.localization.graftplan import Plan, make_cases
from training.localization.judge import Scores, Verdict, judge
from training.localization.judgedcase import JudgedCase, judged_case
from training.localization.normalrecord import NormalRecord
from training.localization.outcome import Outcome

Advance = Callable[[], None]


def run_grafts(
    scorer: Scores, grafts: Plan, records: Sequence[NormalRecord], n: int, advance: Advance
) -> tuple[GraftFigures, list[Outcome]]:
    """Judge the untouched records, then every case."""
    before = {}
    for record, verdict in zip(records, judge(scorer, (one.window for one in records)), strict=True):
        before[record.name] = verdict
        advance()
    judged = []
    for one in _judge_cases(scorer, grafts, records, n, before):
        judged.append(one)
        advance()
    return graft_figures(judged, list(before.values())), [_outcome(one) for one in judged]


def _judge_cases(
    scorer: Scores, grafts: Plan, records: Sequence[NormalRecord], n: int, before: dict[str, Verdict]
) -> Iterator[JudgedCase]:
    waiting: list[Case] = []

    def windows() -> Iterator[Window]:
        for case in make_cases(grafts, records, n):
            waiting.append(case)
            yield case.window

    for verdict in judge(scorer, windows()):
        case = waiting.pop(0)
        yield judged_case(case, verdict, before[case.record])


def _outcome(one: JudgedCase) -> Outcome:
    case = one.case
    return Outcome(
        "grafts", case.kind, case.lasting, case.record, one.auc, float(one.hit), one.score, float("nan")
    )
