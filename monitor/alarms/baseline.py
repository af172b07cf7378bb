"""The patient's own baseline: ill from the start is said once and must be acknowledged; drift is said."""

from monitor.alarms.finding import Finding
from monitor.alarms.limits import Limits
from monitor.alarms.observation import Observation


def has_baseline(observation: Observation) -> bool:
    """A window was cut and the bed's baseline is known."""
    return observation.hop and observation.baseline is not None


def abnormal_from_start(observation: Observation, limits: Limits) -> Finding | None:
    """A baseline was adopted now, and lies above the threshold of normal ECG."""
    status = observation.baseline
    if status is None or not status.adopted or not status.usual_is_abnormal:
        return None
    return Finding(
        f"ECG ABNORMAL FROM THE START score {status.usual_score:.2f} > 1; changes are watched against it",
        observation.end_sample,
    )


def baseline_drift(observation: Observation, limits: Limits) -> Finding | None:
    """The last ten minutes have moved away from what was learned."""
    status = observation.baseline
    if status is None or status.drift < 1:
        return None
    return Finding(
        f"BASELINE DRIFT ECG moved from what was learned ({status.drift:.2g} x bound)", observation.end_sample
    )
