"""What the intervals between beats say: atrial fibrillation and pauses."""

from typing import Final

from monitor.alarms.finding import Finding
from monitor.alarms.limits import Limits
from monitor.alarms.observation import Observation

PAUSE_S: Final = 2.0


def can_judge_irregularity(observation: Observation) -> bool:
    """Half a minute of intervals was undisturbed enough."""
    return observation.rhythm is not None and observation.rhythm.irregularity.evidence is not None


def atrial_fibrillation(observation: Observation, limits: Limits) -> Finding | None:
    """Intervals as irregular as in atrial fibrillation, over half a minute."""
    assert observation.rhythm is not None  # can_judge_irregularity
    irregularity = observation.rhythm.irregularity
    if not irregularity.found:
        return None
    rate = observation.vitals.heart_rate_bpm if observation.vitals is not None else None
    at = f", HR {rate:.0f}" if rate is not None else ""
    share = 100 * irregularity.rmssd_share
    return Finding(f"IRREGULAR RHYTHM AF? RR varies by {share:.0f} %{at}", irregularity.onset_sample)


def pause(observation: Observation, limits: Limits) -> Finding | None:
    """Two seconds or more between two beats, in the last seconds."""
    assert observation.rhythm is not None
    rhythm = observation.rhythm
    if rhythm.pause_s is None or rhythm.pause_s < PAUSE_S:
        return None
    return Finding(f"PAUSE {rhythm.pause_s:.1f} > {PAUSE_S:g} s", rhythm.pause_sample)
