"""An excerpt as one JSON object: the alarm, its evidence, the samples."""

from dataclasses import asdict
from typing import Any

from engine.grid import FS_HZ
from engine.leads import LEADS
from monitor.export import words
from monitor.export.excerpt import Excerpt
from monitor.wire import UNKNOWN_UNIT


def document(shown: Excerpt) -> dict[str, Any]:
    """JSON values; samples in `unit`, null where there is none."""
    strip = shown.strip
    return {
        "alarm": {**asdict(shown.story.latest), "priority": shown.story.latest.priority.name.lower()},
        "events": [
            {"transition": event.transition, "time_ns": event.time_ns, "text": event.alarm.text}
            for event in shown.story.events
        ],
        "evidence": dict(shown.story.seen),
        "source": dict(strip.about),
        "run": strip.run,
        "start_sample": strip.start_sample,
        "start_ns": strip.start_ns or None,
        "fs_hz": FS_HZ,
        "unit": "mV" if strip.calibrated else UNKNOWN_UNIT,
        "leads": {LEADS[k]: samples_mv(shown, k) for k in range(len(LEADS)) if strip.present[k]},
        "r_peaks": list(shown.r_peaks),
        "beat_classes": [klass.name.lower() for klass in shown.classes],
        "spans": [dict(span) for span in shown.spans],
        "holes": list(shown.holes),
        "disclaimer": words.DISCLAIMER,
    }


def samples_mv(shown: Excerpt, lead: int) -> list[float | None]:
    """One lead's samples, to the microvolt."""
    x, valid = shown.strip.x[lead], shown.strip.valid[lead]
    return [round(float(value), 4) if ok else None for value, ok in zip(x, valid, strict=True)]
