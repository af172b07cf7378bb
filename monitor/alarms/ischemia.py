"""ST deviation: levels away from the patient's own, in leads next to each other."""

from monitor.alarms.finding import Finding
from monitor.alarms.limits import Limits
from monitor.alarms.observation import Observation
from monitor.alarms.wording import lead_names


def sees_st(observation: Observation) -> bool:
    """ST levels were measurable, and the patient's own are known."""
    return observation.st is not None


def st_deviation(observation: Observation, limits: Limits) -> Finding | None:
    """0.1 mV against the patient's own level in two neighbouring leads; says how far in each, and where."""
    assert observation.st is not None  # sees_st
    leads = observation.st.leads
    if not leads:
        return None
    names = lead_names(leads)
    levels = [
        f"{name} {observation.st.change_mv[lead]:+.2f}" for name, lead in zip(names, leads, strict=True)
    ]
    where = f" {observation.st.territory}" if observation.st.territory else ""
    return Finding(f"ST{where} {' '.join(levels)} mV, over 0.1", observation.end_sample)
