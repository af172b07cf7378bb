"""The learned anomaly: the model's score above its threshold, with the leads it marks."""

from typing import Final

from monitor.alarms.alarm import Priority
from monitor.alarms.finding import Finding
from monitor.alarms.limits import Limits
from monitor.alarms.observation import Observation
from monitor.alarms.wording import lead_list, lead_names

WEAK_SHARE: Final = 0.25
"""A score less than this share above the threshold is a weak anomaly."""


def has_score(observation: Observation) -> bool:
    """The window was assessed by the model."""
    return observation.score is not None and observation.score.assessed


def learned_anomaly(observation: Observation, limits: Limits) -> Finding | None:
    """Score above threshold; carries the leads of its spans and begins at the earliest one."""
    score = observation.score
    if score is None or not score.anomalous:
        return None
    leads = lead_names(span.lead for span in observation.spans)
    where = f" {lead_list(leads)}" if leads else ""
    onset = min((span.onset for span in observation.spans), default=observation.end_sample)
    weak = score.score <= score.threshold + WEAK_SHARE * abs(score.threshold)
    return Finding(
        f"ANOMALY{where} (score {score.score:.2g} > {score.threshold:.2g})",
        max(0, onset),
        Priority.LOW if weak else Priority.MEDIUM,
    )
