"""Ventricular beats: tachycardia, runs, and too many of them."""

from typing import Final

from engine.grid import FS_HZ
from engine.rhythm.rhythm import Rhythm
from engine.rhythm.ventricular import TACHYCARDIA_BPM, Run
from monitor.alarms.finding import Finding
from monitor.alarms.limits import Limits
from monitor.alarms.observation import Observation
from monitor.alarms.wording import against

RUN_BEATS: Final = 3
FREQUENT_PER_MIN: Final = 10
GOES_ON_S: Final = 2.0
"""A tachycardia whose last beat is older than this is over."""


def sees_rhythm(observation: Observation) -> bool:
    """Beats could have been seen, or waves instead of them."""
    beats = observation.beats
    return observation.rhythm is not None and beats is not None and beats.n_leads > 0


def ventricular_tachycardia(observation: Observation, limits: Limits) -> Finding | None:
    """Five or more ventricular beats in a row at over 100/min, or regular wide waves without rest."""
    rhythm = _rhythm(observation)
    run = _tachycardia(rhythm, observation.end_sample)
    if run is not None:
        text = f"{against('V TACH', run.rate_bpm, '>', TACHYCARDIA_BPM)}, {run.n_beats} beats"
        return Finding(text, run.first_sample)
    if rhythm.waves.tachycardia:
        text = f"{against('V TACH', rhythm.waves.rate_bpm, '>', TACHYCARDIA_BPM)}, wide regular waves"
        return Finding(text, max(0, rhythm.waves.onset_sample))
    return None


def pvc_run(observation: Observation, limits: Limits) -> Finding | None:
    """Three or four ventricular beats in a row at over 100/min."""
    run = _rhythm(observation).run
    if run is None or run.is_tachycardia or run.n_beats < RUN_BEATS or run.rate_bpm <= TACHYCARDIA_BPM:
        return None
    return Finding(f"PVC RUN {run.n_beats} beats at {run.rate_bpm:.0f}", run.first_sample)


def frequent_pvc(observation: Observation, limits: Limits) -> Finding | None:
    """More ventricular beats in the last minute than the limit; bigeminy and trigeminy by name."""
    rhythm = _rhythm(observation)
    if rhythm.pvc_per_min <= FREQUENT_PER_MIN:
        return None
    text = against("PVC", rhythm.pvc_per_min, ">", FREQUENT_PER_MIN, "/min")
    return Finding(text + (f", {rhythm.pattern}" if rhythm.pattern else ""), observation.end_sample)


def _tachycardia(rhythm: Rhythm, end_sample: int) -> Run | None:
    run = rhythm.run
    if run is None or not run.is_tachycardia:
        return None
    return run if end_sample - run.last_sample <= GOES_ON_S * FS_HZ else None


def _rhythm(observation: Observation) -> Rhythm:
    assert observation.rhythm is not None  # sees_rhythm
    return observation.rhythm
