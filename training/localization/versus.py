"""Two models on the same cases, figure by figure."""

from collections.abc import Callable, Sequence

import numpy as np

from engine.errors import ConfigurationError
from training.localization.case import ARTEFACT
from training.localization.outcome import Outcome
from training.paired import Comparison, auc_difference, mean_difference

Pair = tuple[Outcome, Outcome]


def compare(first: Sequence[Outcome], second: Sequence[Outcome]) -> list[Comparison]:
    """Every figure that both files can give; a case that only one model was asked is an error."""
    pairs = _pairs(first, second)
    found: list[Comparison] = []
    for part in dict.fromkeys(one.part for one, _ in pairs):
        mine = [pair for pair in pairs if pair[0].part == part]
        found += _means(part, mine)
        if part == "ludb":
            scores = [
                np.array([_score(pair[i], pair[0].abnormal) for pair in mine], np.float64) for i in (0, 1)
            ]
            abnormal = np.array([one.abnormal > 0 for one, _ in mine])
            found.append(Comparison(part, "detection AUC", auc_difference(scores[0], scores[1], abnormal)))
    return found


def _pairs(first: Sequence[Outcome], second: Sequence[Outcome]) -> list[Pair]:
    parts = {one.part for one in first}
    others = {one.key: one for one in second if one.part in parts}
    keys = {one.key for one in first}
    if keys != others.keys():
        odd = sorted(keys ^ others.keys())[0]
        raise ConfigurationError(
            f"the files hold different cases ({len(keys ^ others.keys())} of them, such as {'/'.join(odd)}): "
            "save both with the same --part, --fold, --cases and --minutes"
        )
    return [(one, others[one.key]) for one in first]


def _means(part: str, pairs: Sequence[Pair]) -> list[Comparison]:
    kinds = list(dict.fromkeys((one.kind, one.lasting) for one, _ in pairs))
    asked = {f"{kind} {lasting}".strip(): (kind, lasting) for kind, lasting in kinds}
    found = []
    if part == "grafts":
        anomalies = [pair for pair in pairs if pair[0].lasting != ARTEFACT]
        found += _mean(part, "AUC of all anomalies", anomalies, lambda one: one.auc)
        found += _mean(part, "recall of all anomalies", anomalies, lambda one: one.hit)
    for name, kind in asked.items():
        some = [pair for pair in pairs if (pair[0].kind, pair[0].lasting) == kind]
        found += _mean(part, f"AUC, {name}", some, lambda one: one.auc)
        found += _mean(part, f"marked, {name}", some, lambda one: one.hit)
    return found


def _mean(
    part: str, figure: str, pairs: Sequence[Pair], value: Callable[[Outcome], float]
) -> list[Comparison]:
    """Over the cases where the figure exists; nothing if it exists nowhere."""
    real = [pair for pair in pairs if np.isfinite(value(pair[0])) and np.isfinite(value(pair[1]))]
    if not real:
        return []
    first, second = [value(one) for one, _ in real], [value(other) for _, other in real]
    return [Comparison(part, figure, mean_difference(first, second, [one.record for one, _ in real]))]


def _score(one: Outcome, abnormal: float) -> float:
    """A record without a score is an error, whatever its class."""
    return one.score if np.isfinite(one.score) else (-np.inf if abnormal else np.inf)
