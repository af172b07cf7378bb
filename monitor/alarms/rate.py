"""Rate conditions: asystole, extreme rates, and the limits of the heart rate."""

from itertools import pairwise
from statistics import median
from typing import Final

import numpy as np

from engine.grid import FS_HZ
from engine.quality import FLAT_S, LeadState
from monitor.alarms.fibrillation import fibrillating
from monitor.alarms.finding import Finding
from monitor.alarms.limits import Limits
from monitor.alarms.observation import Observation
from monitor.alarms.wording import against

ASYSTOLE_S: Final = 4.0
N_BRADYCARDIA_BEATS: Final = 5
N_TACHYCARDIA_BEATS: Final = 17
MIN_BRADYCARDIA_S: Final = 6.0
"""Fewer than five beats suffice for extreme bradycardia when they span this long."""


def has_beats(observation: Observation) -> bool:
    """Some lead voted, so that the absence of beats means something."""
    return observation.beats is not None and observation.beats.n_leads > 0


def has_rate(observation: Observation) -> bool:
    """The heart rate was measurable."""
    return observation.vitals is not None and observation.vitals.heart_rate_bpm is not None


def can_see_asystole(observation: Observation) -> bool:
    """Beats could have been seen, or their absence is the flat line itself."""
    return has_beats(observation) or flat_line(observation)


def asystole(observation: Observation, limits: Limits) -> Finding | None:
    """No QRS in 4 s of received signal; a flat line on every attached lead counts (decision 4)."""
    if fibrillating(observation):  # fine waves in which no QRS complex is left are not silence
        return None
    if has_beats(observation):
        quiet_s = _quiet_s(observation)
        if quiet_s < ASYSTOLE_S:
            return None
        return Finding(f"ASYSTOLE no QRS for {quiet_s:.0f} s", _last_beat(observation, quiet_s))
    if not observation.ever_valid:  # a line flat from the start never was an ECG that could have stopped
        return None
    text = "ASYSTOLE? flat line on every attached lead"
    return Finding(text, _last_beat(observation, FLAT_S))


def extreme_bradycardia(observation: Observation, limits: Limits) -> Finding | None:
    """Median rate under the extreme limit over 5 beats."""
    onset, rr_s = _recent_rr(observation, N_BRADYCARDIA_BEATS)
    if len(rr_s) < 2 or (len(rr_s) < N_BRADYCARDIA_BEATS - 1 and sum(rr_s) < MIN_BRADYCARDIA_S):
        return None
    rate_bpm = 60.0 / median(rr_s)
    if rate_bpm >= limits.extreme_low_bpm:
        return None
    return Finding(against("EXTREME BRADY HR", rate_bpm, "<", limits.extreme_low_bpm), onset)


def extreme_tachycardia(observation: Observation, limits: Limits) -> Finding | None:
    """Median rate over the extreme limit over 17 beats."""
    assert observation.beats is not None  # has_beats
    if observation.beats.r_peaks.size < N_TACHYCARDIA_BEATS:
        return None
    onset, rr_s = _recent_rr(observation, N_TACHYCARDIA_BEATS)
    if len(rr_s) < N_TACHYCARDIA_BEATS - 1:
        return None
    rate_bpm = 60.0 / median(rr_s)
    if rate_bpm <= limits.extreme_high_bpm:
        return None
    return Finding(against("EXTREME TACHY HR", rate_bpm, ">", limits.extreme_high_bpm), onset)


def heart_rate_low(observation: Observation, limits: Limits) -> Finding | None:
    """Heart rate, as it is shown, under the bed's limit."""
    rate_bpm = _rate(observation)
    if round(rate_bpm) >= limits.low_bpm:
        return None
    onset = _run_onset(observation, slower_than_s=60.0 / limits.low_bpm)
    return Finding(against("HR", rate_bpm, "<", limits.low_bpm), onset)


def heart_rate_high(observation: Observation, limits: Limits) -> Finding | None:
    """Heart rate, as it is shown, over the bed's limit."""
    rate_bpm = _rate(observation)
    if round(rate_bpm) <= limits.high_bpm:
        return None
    onset = _run_onset(observation, faster_than_s=60.0 / limits.high_bpm)
    return Finding(against("HR", rate_bpm, ">", limits.high_bpm), onset)


def flat_line(observation: Observation) -> bool:
    """No lead is assessable and every attached one is exactly flat."""
    attached = [s for s in observation.lead_states if s not in (LeadState.OFF, LeadState.ABSENT)]
    return bool(attached) and all(state is LeadState.FLAT for state in attached)


def _rate(observation: Observation) -> float:
    assert observation.vitals is not None and observation.vitals.heart_rate_bpm is not None  # has_rate
    return observation.vitals.heart_rate_bpm


def _start(observation: Observation) -> int:
    assert observation.seen is not None
    return observation.end_sample - observation.seen.size


def _quiet_s(observation: Observation) -> float:
    """Seconds of *received* signal since the last beat: a gap neither counts as silence nor resets it."""
    assert observation.beats is not None and observation.seen is not None
    peaks = observation.beats.r_peaks
    after = int(peaks[-1]) - _start(observation) + 1 if peaks.size else 0
    return float(np.count_nonzero(observation.seen[max(after, 0) :])) / FS_HZ


def _last_beat(observation: Observation, since_s: float) -> int:
    if observation.since_last_beat_s is not None:
        since_s = observation.since_last_beat_s
    elif observation.beats is not None and observation.beats.r_peaks.size:
        return int(observation.beats.r_peaks[-1])
    return max(0, observation.end_sample - round(since_s * FS_HZ))


def _recent_rr(observation: Observation, n_beats: int) -> tuple[int, list[float]]:
    """First beat and the RR intervals, in s, of the last `n_beats`, none of them spanning a gap."""
    assert observation.beats is not None and observation.seen is not None
    peaks, start = observation.beats.r_peaks[-n_beats:].tolist(), _start(observation)
    at = [max(peak - start, 0) for peak in peaks]
    if at and not observation.seen[at[0] : at[-1]].all():
        whole = [bool(observation.seen[a:b].all()) for a, b in pairwise(at)]
        peaks = peaks[len(peaks) - 1 - (*reversed(whole), False).index(False) :]
    return (peaks[0] if peaks else observation.end_sample), [(b - a) / FS_HZ for a, b in pairwise(peaks)]


def _run_onset(
    observation: Observation, slower_than_s: float = 0.0, faster_than_s: float = float("inf")
) -> int:
    """First beat of the newest run of RR intervals of which all lie beyond the limit."""
    peaks = observation.beats.r_peaks if observation.beats is not None else np.zeros(0, np.int64)
    rr_s = np.diff(peaks) / FS_HZ
    within = np.flatnonzero(~((rr_s > slower_than_s) & (rr_s < faster_than_s)))
    first = int(within[-1]) + 1 if within.size else 0
    if peaks.size < 2 or first >= rr_s.size:  # the newest interval is back within: name the newest beat
        return int(peaks[-1]) if peaks.size else observation.end_sample
    return int(peaks[first])
