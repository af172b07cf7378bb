"""The patient's own baseline: ill from the start is said once and must be acknowledged; drift is said."""

from monitor.alarms.alarm import Priority
from monitor.alarms.anomaly import is_weak, onset, where
from monitor.alarms.finding import Finding
from monitor.alarms.limits import Limits
from monitor.alarms.observation import Observation


def has_baseline(observation: Observation) -> bool:
    """A window was cut and the bed's baseline is known."""
    return observation.hop and observation.baseline is not None


def can_see_usual(observation: Observation) -> bool:
    """The same; and in the first minutes enough of them was seen, and this window assessed."""
    status = observation.baseline
    return has_baseline(observation) and (
        status is None or not status.beginning or status.settled is not None
    )


def abnormal_from_start(observation: Observation, limits: Limits) -> Finding | None:
    """What is usual lies above the threshold of normal ECG: so far in the first minutes, or as learned."""
    status, score = observation.baseline, observation.score
    if status is None:
        return None
    if status.adopted and status.usual_score is not None and status.usual_is_abnormal:
        words = f"score {status.usual_score:.2f} > 1; changes are watched against it"
        return Finding(
            f"ECG ABNORMAL FROM THE START {words}", observation.end_sample, _priority(status.usual_score)
        )
    threshold = 1.0 if score is None else score.threshold
    if not status.beginning or status.settled is None or not status.settled > threshold:
        return None
    words = f"(score {status.settled:.2g} > {threshold:.2g} for most of a minute)"
    return Finding(
        f"ECG ABNORMAL{where(observation)} {words}", onset(observation), _priority(status.settled, threshold)
    )


def _priority(score: float, threshold: float = 1.0) -> Priority:
    return Priority.LOW if is_weak(score, threshold) else Priority.MEDIUM


def baseline_drift(observation: Observation, limits: Limits) -> Finding | None:
    """The last ten minutes have moved away from what was learned."""
    status = observation.baseline
    if status is None or status.drift < 1:
        return None
    return Finding(
        f"BASELINE DRIFT ECG moved from what was learned ({status.drift:.2g} x bound)", observation.end_sample
    )
