"""The learned anomaly: the model's score above its threshold, with the leads it marks."""

from monitor.alarms.alarm import Priority
from monitor.alarms.finding import Finding
from monitor.alarms.limits import Limits
from monitor.alarms.observation import Observation
from monitor.alarms.wording import lead_list, lead_names
from monitor.baseline.settling import WEAK_SHARE


def is_weak(score: float, threshold: float) -> bool:
    """Whether a score lies little above the threshold."""
    return score <= threshold + WEAK_SHARE * abs(threshold)


def has_score(observation: Observation) -> bool:
    """The window was assessed, and is not one of the first minutes: `abnormal_baseline` speaks of these."""
    status = observation.baseline
    if status is not None and (status.beginning or status.adopted):
        return False
    return observation.score is not None and observation.score.assessed


def learned_anomaly(observation: Observation, limits: Limits) -> Finding | None:
    """Score above threshold; carries the leads of its spans and begins at the earliest one."""
    score, value = observation.score, settled_score(observation)
    if score is None or not value > score.threshold:
        return None
    return Finding(
        f"ANOMALY{where(observation)} (score {value:.2g} > {score.threshold:.2g})",
        onset(observation),
        Priority.LOW if is_weak(value, score.threshold) else Priority.MEDIUM,
    )


def settled_score(observation: Observation) -> float:
    """The score, but a lasting change counts only once it has lasted; NaN without any."""
    settled = None if observation.baseline is None else observation.baseline.settled
    if settled is not None:
        return settled
    return float("nan") if observation.score is None else observation.score.score


def where(observation: Observation) -> str:
    """Leads of the spans, after a blank."""
    leads = lead_names(span.lead for span in observation.spans)
    return f" {lead_list(leads)}" if leads else ""


def onset(observation: Observation) -> int:
    """Sample where the earliest span begins."""
    return max(0, min((span.onset for span in observation.spans), default=observation.end_sample))
