"""What was measured when an alarm was raised, against its limit: from the journalled evidence alone."""

from collections.abc import Callable, Mapping
from typing import Any, Final

import numpy as np

from engine.grid import FS_HZ
from engine.leads import LEADS
from engine.stchange import CHANGED_MV
from monitor.alarms.alarm import Alarm
from monitor.alarms.irregular import PAUSE_S
from monitor.alarms.rate import ASYSTOLE_S, N_BRADYCARDIA_BEATS, N_TACHYCARDIA_BEATS
from monitor.alarms.ventricular import FREQUENT_PER_MIN

Evidence = Mapping[str, Any]
UNKNOWN: Final = "not measured"


def measured(alarm: Alarm, evidence: Evidence) -> list[str]:
    """Sentences; a condition without numbers of its own gives none."""
    tell = _TELLERS.get(alarm.name)
    return tell(alarm, evidence) if tell else []


def beats_words(evidence: Evidence, end_sample: int, n: int) -> str:
    """The last beats, by the seconds before the alarm, and the intervals between them."""
    peaks = np.array(evidence.get("r_peaks") or (), np.int64)[-n:]
    if peaks.size < 2:
        return f"{'one beat' if peaks.size else 'no beat'} lies in the window"
    ago = ", ".join(f"{(end_sample - peak) / FS_HZ:.2f}" for peak in peaks[-8:].tolist())
    rr = ", ".join(f"{1000 * interval / FS_HZ:.0f}" for interval in np.diff(peaks)[-7:].tolist())
    return f"last beats {ago} s before the alarm, intervals {rr} ms"


def _against(what: str, value: float | None, limit: float, unit: str) -> str:
    if value is None:
        return f"{what}: {UNKNOWN}; the limit is {limit:g} {unit}."
    apart = 100 * (value / limit - 1)
    where = "above" if apart > 0 else "below"
    return f"{what} {value:.1f} {unit}, {abs(apart):.0f} % {where} the limit of {limit:g} {unit}."


def _rate(limit: str) -> Callable[[Alarm, Evidence], list[str]]:
    def tell(alarm: Alarm, evidence: Evidence) -> list[str]:
        rate = (evidence.get("vitals") or {}).get("heart_rate_bpm")
        bound = float((evidence.get("limits") or {}).get(limit, float("nan")))
        return [
            _against("Heart rate (median of the last beats)", rate, bound, "/min"),
            _capital(beats_words(evidence, alarm.raised_sample, 9)),
        ]

    return tell


def _extreme(limit: str, n_beats: int) -> Callable[[Alarm, Evidence], list[str]]:
    def tell(alarm: Alarm, evidence: Evidence) -> list[str]:
        peaks = np.array(evidence.get("r_peaks") or (), np.int64)[-n_beats:]
        rate = 60 * FS_HZ / float(np.median(np.diff(peaks))) if peaks.size > 1 else None
        bound = float((evidence.get("limits") or {}).get(limit, float("nan")))
        return [
            _against(f"Median rate over {peaks.size} beats", rate, bound, "/min"),
            _capital(beats_words(evidence, alarm.raised_sample, n_beats)),
        ]

    return tell


def _asystole(alarm: Alarm, evidence: Evidence) -> list[str]:
    quiet_s = (alarm.raised_sample - alarm.onset_sample) / FS_HZ
    return [
        f"The last beat lies {quiet_s:.1f} s before the alarm; {ASYSTOLE_S:g} s of received signal without a "
        "QRS complex raise it.",
        _states(evidence),
    ]


def _waves(alarm: Alarm, evidence: Evidence) -> list[str]:
    rhythm = evidence.get("rhythm") or {}
    run, waves = rhythm.get("run"), rhythm.get("waves") or {}
    said = []
    if run and alarm.name != "ventricular_fibrillation":
        ago_s = (alarm.raised_sample - run["first_sample"]) / FS_HZ
        said.append(
            f"{run['n_beats']} ventricular beats in a row at {run['rate_bpm']:.0f}/min, the first "
            f"{ago_s:.1f} s before the alarm."
        )
    if waves.get("evidence") is not None:
        said.append(
            f"Waves instead of beats: log odds {waves['evidence']:.1f}, mean of the assessable leads (waves "
            f"above 0); regularity {waves['regularity']:.2f} of 1, {waves['rate_bpm']:.0f} cycles a minute."
        )
    return [*said, _capital(beats_words(evidence, alarm.raised_sample, 9))]


def _pvc(alarm: Alarm, evidence: Evidence) -> list[str]:
    rhythm = evidence.get("rhythm") or {}
    count = rhythm.get("pvc_per_min")
    if count is None:
        return ["How many ventricular beats there were is not in the evidence."]
    pattern = f", in {rhythm['pattern']}" if rhythm.get("pattern") else ""
    return [
        _against(f"Ventricular beats in the last minute{pattern}:", float(count), FREQUENT_PER_MIN, "/min")
    ]


def _irregular(alarm: Alarm, evidence: Evidence) -> list[str]:
    found = (evidence.get("rhythm") or {}).get("irregularity") or {}
    if found.get("evidence") is None:
        return ["The irregularity is not in the evidence."]
    return [
        f"Irregular as in atrial fibrillation: log odds {found['evidence']:.1f} (found above 0); intervals "
        f"differ from one to the next by {100 * found['rmssd_share']:.0f} % of their mean.",
        _capital(beats_words(evidence, alarm.raised_sample, 12)),
    ]


def _pause(alarm: Alarm, evidence: Evidence) -> list[str]:
    pause_s = (evidence.get("rhythm") or {}).get("pause_s")
    return [
        _against("Longest interval", pause_s, PAUSE_S, "s"),
        _capital(beats_words(evidence, alarm.raised_sample, 9)),
    ]


def _st(alarm: Alarm, evidence: Evidence) -> list[str]:
    change = evidence.get("st_mv") or ()
    beyond = [
        f"{lead} {value:+.2f} mV" for lead, value in zip(LEADS, change, strict=False)
        if value is not None and abs(value) >= CHANGED_MV
    ]  # fmt: skip
    return [
        f"ST level against the patient's own, at least {CHANGED_MV:g} mV away: "
        f"{', '.join(beyond) or 'no lead'}; two neighbouring leads for 60 s raise the alarm."
    ]


def _leads(alarm: Alarm, evidence: Evidence) -> list[str]:
    return [_states(evidence)]


def _system(alarm: Alarm, evidence: Evidence) -> list[str]:
    said = [
        f"Source {evidence.get('source') or 'not known'}; latency {evidence.get('latency_ms', 0):.0f} ms."
    ]
    said += [f"{text}." for text in (evidence.get("findings") or {}).values()]
    degraded = evidence.get("backend_degraded")
    return [*said, f"{degraded}."] if degraded else said


def _states(evidence: Evidence) -> str:
    states: dict[str, list[str]] = {}
    found = evidence.get("lead_states") or {}
    for lead in LEADS:
        if lead in found:
            states.setdefault(str(found[lead]), []).append(lead)
    if not states:
        return "The leads' states are not in the evidence."
    said = [f"{' '.join(leads)} {state}" for state, leads in states.items()]
    return f"Leads at the alarm: {'; '.join(said)}."


def _capital(text: str) -> str:
    return f"{text[0].upper()}{text[1:]}."


_TELLERS: Final[dict[str, Callable[[Alarm, Evidence], list[str]]]] = {
    "asystole": _asystole,
    "ventricular_fibrillation": _waves,
    "ventricular_tachycardia": _waves,
    "pvc_run": _waves,
    "extreme_bradycardia": _extreme("extreme_low_bpm", N_BRADYCARDIA_BEATS),
    "extreme_tachycardia": _extreme("extreme_high_bpm", N_TACHYCARDIA_BEATS),
    "heart_rate_low": _rate("low_bpm"),
    "heart_rate_high": _rate("high_bpm"),
    "pause": _pause,
    "atrial_fibrillation": _irregular,
    "frequent_pvc": _pvc,
    "st_deviation": _st,
    **dict.fromkeys(
        ("no_signal", "lead_off", "not_assessed", "gap", "silent_leads", "saturated_leads", "flat_leads",
         "noisy_leads", "swapped_electrodes"), _leads,
    ),
    **dict.fromkeys(
        ("source_lost", "no_samples", "source_ended", "two_publishers", "clock_step", "not_keeping_up",
         "backend_degraded", "journal_failing", "recording_failing", "rhythm_failing"), _system,
    ),
}  # fmt: skip
