"""What stands above and below a strip, in words."""

from datetime import datetime
from importlib.metadata import version
from typing import Any, Final

from engine.grid import FS_HZ
from engine.leads import LEADS
from engine.resample import PASS_HZ
from monitor.alarms.alarm import Phase
from monitor.export.excerpt import Excerpt

DISCLAIMER: Final = "Research software, not a medical device: never rely on it for the care of a patient."


def headline(shown: Excerpt) -> str:
    """Priority and the alarm's own text."""
    alarm = shown.alarm
    return f"{'*' * alarm.priority} {alarm.text}  ({alarm.priority.name} priority, {alarm.kind} alarm)"


def patient_line(shown: Excerpt) -> str:
    """Whose signal this is, and whether it is a patient's at all."""
    about = shown.strip.about
    kind = about.get("kind", "")
    unreal = f"   {kind}: NO PATIENT WHO IS THERE NOW" if kind in ("REPLAYED", "SIMULATED") else ""
    patient = about.get("patient") or "not stated"
    device = f"   device {about['device']}" if about.get("device") else ""
    return f"bed {shown.alarm.bed}   alarm {shown.alarm.id}   patient {patient}{device}{unreal}"


def time_line(shown: Excerpt) -> str:
    """Raised, acknowledged, ended."""
    said = [f"raised {clock(shown.alarm.raised_ns, date=True)}"]
    acknowledged = shown.story.acknowledged
    said.append(
        f"acknowledged by {acknowledged[0]} at {clock(acknowledged[1])}"
        if acknowledged
        else "NOT ACKNOWLEDGED"
    )
    if shown.story.ended_ns is not None:
        said.append(f"ended {clock(shown.story.ended_ns)}")
    elif shown.story.latest.phase is Phase.LATCHED:
        said.append("condition over, alarm still open")
    else:
        said.append("still open")
    return "   ".join(said)


def measured_line(shown: Excerpt) -> str:
    """What was measured at the raising, and against which limits."""
    seen = shown.story.seen
    vitals, limits = seen.get("vitals") or {}, seen.get("limits") or {}
    rate = vitals.get("heart_rate_bpm")
    said = ["HR not measured" if rate is None else f"HR {rate:.0f}/min"]
    if limits:
        said.append(
            f"limits {limits.get('low_bpm', 0):g}-{limits.get('high_bpm', 0):g}/min, extreme "
            f"{limits.get('extreme_low_bpm', 0):g} and {limits.get('extreme_high_bpm', 0):g}/min"
        )
    said.append(score_words(seen))
    return "   ".join(said)


def score_words(seen: Any) -> str:
    """The model's verdict on the window that raised the alarm."""
    score = seen.get("score")
    if not score or score.get("reason"):
        return f"NOT ASSESSED BY THE MODEL: {(score or {}).get('reason') or 'no window'}"
    if score.get("score") is None:
        return "NOT ASSESSED BY THE MODEL"
    return f"score {score['score']:.2f} (threshold {score['threshold']:.2f})"


def lead_words(shown: Excerpt) -> str:
    """Leads that could not be assessed when the alarm was raised; empty if all could."""
    states: dict[str, list[str]] = {}
    found = shown.story.seen.get("lead_states") or {}
    for lead in LEADS:
        if (state := found.get(lead, "ok")) != "ok":
            states.setdefault(state, []).append(lead)
    said = [f"{', '.join(leads)} {state}" for state, leads in states.items()]
    return f"at the alarm: {'; '.join(said)}" if said else ""


def scale_line(shown: Excerpt) -> str:
    """Speed, gain, calibration and filter."""
    gain = "10 mm/mV   calibration pulse 1 mV, 200 ms"
    if not shown.strip.calibrated:
        gain = "AMPLITUDE UNKNOWN: each lead drawn to the same height, no calibration"
    return f"25 mm/s   {gain}   filter: none added; {_source_words(shown)}; each trace centred on its median"


def _source_words(shown: Excerpt) -> str:
    source_hz = float(shown.strip.about.get("source_hz") or 0)
    if not source_hz:
        return f"stored at {FS_HZ} Hz"
    if source_hz == FS_HZ:
        return f"stored as received at {FS_HZ} Hz"
    upper_hz = min(0.4 * source_hz, PASS_HZ)
    return f"received at {source_hz:g} Hz, stored at {FS_HZ} Hz (flat up to {upper_hz:.0f} Hz)"


def foot_line() -> str:
    """What this is, and when the scale holds."""
    return f"ecg-monitor {version('ecg-monitor')}   {DISCLAIMER}   True to scale when printed at 100 %."


def clock(time_ns: int, date: bool = False) -> str:
    """Local time with its offset from UTC."""
    local = datetime.fromtimestamp(time_ns / 1e9).astimezone()
    return f"{local:%Y-%m-%d %H:%M:%S (UTC%z)}" if date else f"{local:%H:%M:%S}"
