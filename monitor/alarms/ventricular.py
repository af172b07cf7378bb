"""Ventricular beats: tachycardia, runs, and too many of them."""

from typing import Final

import numpy as np

from engine.grid import FS_HZ
from engine.rhythm.rhythm import Rhythm
from engine.rhythm.ventricular import TACHYCARDIA_BEATS, TACHYCARDIA_BPM, Run
from monitor.alarms.finding import Finding
from monitor.alarms.limits import Limits
from monitor.alarms.observation import Observation
from monitor.alarms.wording import against

RUN_BEATS: Final = 3
FREQUENT_PER_MIN: Final = 10
GOES_ON_S: Final = 2.0
"""A tachycardia whose last beat is older than this is over."""
MOST_LEADS: Final = 0.5
"""A beat that no more than this share of the assessable leads saw is no evidence of a tachycardia."""


def sees_rhythm(observation: Observation) -> bool:
    """Beats could have been seen, or waves instead of them."""
    beats = observation.beats
    return observation.rhythm is not None and beats is not None and beats.n_leads > 0


def ventricular_tachycardia(observation: Observation, limits: Limits) -> Finding | None:
    """Five or more ventricular beats in a row at over 100/min, or regular wide waves without rest."""
    rhythm = _rhythm(observation)
    run = _tachycardia(observation)
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


def _tachycardia(observation: Observation) -> Run | None:
    run = _rhythm(observation).run
    if run is None or not run.is_tachycardia:
        return None
    if run.n_beats - _n_doubtful(run, observation) < TACHYCARDIA_BEATS:
        return None
    return run if observation.end_sample - run.last_sample <= GOES_ON_S * FS_HZ else None


def _n_doubtful(run: Run, observation: Observation) -> int:
    """Beats of the run that most leads did not see: a ventricular beat shows in most, an artefact in some."""
    assert observation.beats is not None  # sees_rhythm
    peaks = observation.beats.r_peaks
    in_run = (peaks >= run.first_sample) & (peaks <= run.last_sample)
    return int(np.count_nonzero(observation.beats.votes[in_run] <= MOST_LEADS))


def _rhythm(observation: Observation) -> Rhythm:
    assert observation.rhythm is not None  # sees_rhythm
    return observation.rhythm
