"""An analysis as one JSON object: times in seconds from the record's start, null for what is not known."""

import math
from typing import Any, Final

from engine.grid import FS_HZ
from engine.leads import LEADS
from engine.span import Span
from monitor.alarms.alarm import Alarm
from monitor.analysis.analysis import Analysis, WindowResult
from monitor.update import Coverage

Json = dict[str, Any]
DIGITS: Final = 4


def document(name: str, analysis: Analysis) -> Json:
    """Return the object that `analyze --json` prints for the record called `name` on the command line."""
    record = analysis.record
    return {
        "record": name,
        "fs_hz": _number(record.fs_hz),
        "duration_s": _number(record.duration_s),
        "leads": [lead for lead, present in zip(LEADS, analysis.present, strict=True) if present],
        "r_peaks_s": [_seconds(peak) for peak in analysis.r_peaks.tolist()],
        "heart_rate_bpm": _number(analysis.heart_rate_bpm),
        "windows": [_window(window) for window in analysis.windows],
        "spans": [_span(span) for span in analysis.spans],
        "alarms": [_alarm(alarm) for alarm in analysis.alarms],
        "coverage": _coverage(analysis.coverage),
    }


def _window(window: WindowResult) -> Json:
    return {
        "start_s": _number(window.start_s),
        "end_s": _number(window.end_s),
        "score": _number(window.score),
        "threshold": _number(window.threshold),
        "assessed": window.reason is None,
        "reason": window.reason,
    }


def _span(span: Span) -> Json:
    return {
        "lead": LEADS[span.lead],
        "onset_s": _seconds(span.onset),
        "offset_s": _seconds(span.offset),
        "score": _number(span.strength),
    }


def _alarm(alarm: Alarm) -> Json:
    return {
        "name": alarm.name,
        "kind": alarm.kind.value,
        "priority": alarm.priority.name.lower(),
        "onset_s": _seconds(alarm.onset_sample),
        "raised_s": _seconds(alarm.raised_sample),
        "ended_s": None if alarm.ended_sample is None else _seconds(alarm.ended_sample),
        "text": alarm.text,
    }


def _coverage(coverage: Coverage) -> Json:
    return {
        "assessed_s": _number(coverage.assessed_s),
        "not_assessed_s": _number(coverage.not_assessed_s),
        "by_reason": {reason: _number(seconds) for reason, seconds in coverage.by_reason.items()},
    }


def _seconds(sample: int) -> float:
    return round(sample / FS_HZ, DIGITS)


def _number(value: float | None) -> float | None:
    return None if value is None or not math.isfinite(value) else round(float(value), DIGITS)
