"""Technical conditions of the signal: what each lead's state means for the bed."""

from collections.abc import Callable
from typing import Final

from engine.grid import WINDOW_N
from engine.quality import LeadState
from monitor.alarms.alarm import Priority
from monitor.alarms.finding import Finding
from monitor.alarms.limits import Limits
from monitor.alarms.observation import Observation
from monitor.alarms.wording import lead_list, lead_names

MIN_GAP_S: Final = 0.5
"""Shorter losses are counted and shown, not alarmed."""
LONG_GAP_S: Final = 3.0

WHY: Final = {
    LeadState.NOISY: "noise",
    LeadState.SATURATED: "saturated",
    LeadState.FLAT: "flat",
}


def is_hop(observation: Observation) -> bool:
    """A window was cut, so that its leads say something."""
    return observation.hop


def is_whole(observation: Observation) -> bool:
    """A whole window was cut: while the first one fills, nothing is missing yet."""
    return observation.hop and observation.end_sample >= WINDOW_N


def no_signal(observation: Observation, limits: Limits) -> Finding | None:
    """No lead is assessable though at least one is attached and delivers samples."""
    if observation.n_assessable:
        return None
    states = set(observation.lead_states) & set(WHY)
    if not states:
        return None
    why = ", ".join(WHY[state] for state in sorted(states))
    return Finding(f"NO ECG no lead assessable ({why})", observation.end_sample)


def lead_off(observation: Observation, limits: Limits) -> Finding | None:
    """Detached leads, one alarm for all; quiet until the bed once showed an ECG."""
    names = _leads(observation, LeadState.OFF)
    if not names or not observation.ever_valid:
        return None
    n_present = sum(state is not LeadState.ABSENT for state in observation.lead_states)
    if observation.n_assessable == 0:
        priority = Priority.HIGH
    else:
        priority = Priority.MEDIUM if 2 * len(names) > n_present else Priority.LOW
    return Finding(f"LEAD OFF {lead_list(names)}", observation.end_sample, priority, names)


def gap(observation: Observation, limits: Limits) -> Finding | None:
    """Samples were missing in every attached lead: the link lost them."""
    if observation.missing_s < MIN_GAP_S:
        return None
    text = f"GAP {observation.missing_s:.1f} s without signal"
    priority = Priority.MEDIUM if observation.missing_s >= LONG_GAP_S else Priority.LOW
    return Finding(text, observation.end_sample, priority)


def not_assessed(observation: Observation, limits: Limits) -> Finding | None:
    """The model could not judge this window, whatever the reason."""
    score = observation.score
    if score is not None and score.assessed:
        return None
    why = "no model" if score is None else score.reason
    priority = Priority.MEDIUM if observation.ever_valid else Priority.LOW
    return Finding(f"NOT ASSESSED {why}", observation.end_sample, priority)


def _of_state(state: LeadState, word: str) -> Callable[[Observation, Limits], Finding | None]:
    def judge(observation: Observation, limits: Limits) -> Finding | None:
        names = _leads(observation, state)
        return Finding(f"{word} {lead_list(names)}", observation.end_sample, None, names) if names else None

    return judge


noisy_leads = _of_state(LeadState.NOISY, "NOISY")
saturated_leads = _of_state(LeadState.SATURATED, "SATURATED")
flat_leads = _of_state(LeadState.FLAT, "FLAT")
silent_leads = _of_state(LeadState.GAP, "NO SAMPLES")


def _leads(observation: Observation, state: LeadState) -> tuple[str, ...]:
    if state not in observation.lead_states:
        return ()
    return lead_names(lead for lead, other in enumerate(observation.lead_states) if other is state)
