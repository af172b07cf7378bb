"""Why an alarm was raised: what the journal keeps of the observation behind it, as plain JSON values."""

import math
from dataclasses import asdict
from typing import Any

from engine.beats import Beats
from engine.leads import LEADS
from engine.scoremap import ScoreMap
from engine.span import Span
from monitor.alarms.limits import Limits
from monitor.alarms.observation import Observation

Json = dict[str, Any]


def evidence_of(observation: Observation, limits: Limits) -> Json:
    """What was seen, and what it was judged by."""
    plain: Json = _finite(
        {
            "end_sample": observation.end_sample,
            "hop": observation.hop,
            "source": observation.source.state,
            "lead_states": {
                lead: state.name.lower() for lead, state in zip(LEADS, observation.lead_states, strict=False)
            },
            "rhythm": None if observation.rhythm is None else asdict(observation.rhythm),
            "st_mv": None if observation.st is None else list(observation.st.change_mv),
            "vitals": None if observation.vitals is None else asdict(observation.vitals),
            "r_peaks": _r_peaks(observation.beats),
            "score": _score(observation.score),
            "spans": [_span(span) for span in observation.spans],
            "findings": {finding.name: finding.text for finding in observation.findings},
            "limits": limits_json(limits),
            "model": observation.model,
            "baseline": None if observation.baseline is None else asdict(observation.baseline),
            "latency_ms": round(observation.latency_ms, 1),
            "backend_degraded": observation.backend_degraded,
        }
    )
    return plain


def limits_json(limits: Limits) -> Json:
    """Limits as JSON values; `limits_of` is the way back."""
    return {**asdict(limits), "off": sorted(limits.off)}


def limits_of(values: Json) -> Limits:
    """Limits from JSON values."""
    return Limits().changed(**{**values, "off": frozenset(values.get("off", ()))})


def _r_peaks(beats: Beats | None) -> list[int]:
    return [] if beats is None else [int(peak) for peak in beats.r_peaks]


def _score(score: ScoreMap | None) -> Json | None:
    if score is None:
        return None
    return {
        "score": score.score,
        "threshold": score.threshold,
        "reason": score.reason,
        "against_all_people": score.score if score.population is None else score.population,
    }


def _span(span: Span) -> Json:
    return {
        "lead": LEADS[span.lead],
        "onset": span.onset,
        "offset": span.offset,
        "strength": round(float(span.strength), 4),
    }


def _finite(value: Any) -> Any:
    """JSON knows no NaN: "not measured" is null."""
    if isinstance(value, dict):
        return {key: _finite(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_finite(item) for item in value]
    if isinstance(value, float):
        return float(value) if math.isfinite(value) else None
    return value
