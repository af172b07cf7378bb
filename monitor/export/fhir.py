"""A strip as an HL7 FHIR R4 Observation: one component per lead, as in the specification's own ECG example.

Codes: LOINC 11524-6 (EKG study); leads by ISO/IEEE 11073-10101 (MDC), whose OID is 2.16.840.1.113883.6.24.
"""

from datetime import UTC, datetime
from typing import Any, Final

from engine.errors import ConfigurationError
from engine.grid import FS_HZ
from engine.leads import LEADS
from monitor.export import words
from monitor.export.excerpt import Excerpt

MDC: Final = "urn:oid:2.16.840.1.113883.6.24"
LOINC: Final = "http://loinc.org"
UCUM: Final = "http://unitsofmeasure.org"
CATEGORY: Final = "http://terminology.hl7.org/CodeSystem/observation-category"
MICROVOLTS: Final = {"value": 0, "unit": "microvolt", "system": UCUM, "code": "uV"}
ARBITRARY: Final = {"value": 0, "unit": "arbitrary unit", "system": UCUM, "code": "[arb'U]"}

LEAD_CODES: Final = {
    "I": 131329, "II": 131330, "III": 131389, "aVR": 131390, "aVL": 131391, "aVF": 131392,
    "V1": 131331, "V2": 131332, "V3": 131333, "V4": 131334, "V5": 131335, "V6": 131336,
}  # fmt: skip


def observation(shown: Excerpt) -> dict[str, Any]:
    """The resource as JSON values; raises ConfigurationError if there is no sample to put into it."""
    strip, alarm = shown.strip, shown.alarm
    if shown.empty:
        raise ConfigurationError(
            f"{'; '.join(shown.holes)}: there is no sample to observe; --format json holds the evidence"
        )
    end_ns = strip.time_ns(strip.end_sample)
    notes = [
        words.headline(shown),
        words.time_line(shown),
        words.measured_line(shown),
        words.scale_line(shown),
    ]
    notes += [*shown.holes, words.DISCLAIMER]
    return {
        "resourceType": "Observation",
        "identifier": [{"system": "urn:ecg-monitor:alarm", "value": f"{strip.run}/{alarm.bed}/{alarm.id}"}],
        "status": "preliminary",
        "category": [{"coding": [{"system": CATEGORY, "code": "procedure", "display": "Procedure"}]}],
        "code": {
            "coding": [
                {"system": LOINC, "code": "11524-6", "display": "EKG study"},
                {"system": MDC, "code": "131328", "display": "MDC_ECG_ELEC_POTL"},
            ],
            "text": f"ECG around the alarm: {alarm.text}",
        },
        "subject": {"display": strip.about.get("patient") or f"patient in bed {alarm.bed}"},
        "effectivePeriod": {"start": _instant(strip.start_ns), "end": _instant(end_ns)},
        "issued": _instant(alarm.raised_ns),
        "device": {"display": strip.about.get("device") or "ECG source"},
        "note": [{"text": text} for text in notes],
        "component": [_component(shown, k) for k in range(len(LEADS)) if strip.valid[k].any()],
    }


def _component(shown: Excerpt, lead: int) -> dict[str, Any]:
    name = LEADS[lead]
    x, valid = shown.strip.x[lead], shown.strip.valid[lead]
    data = " ".join(
        str(round(float(value) * 1000)) if ok else "E" for value, ok in zip(x, valid, strict=True)
    )
    coding = {"system": MDC, "code": str(LEAD_CODES[name]), "display": f"MDC_ECG_ELEC_POTL_{name.upper()}"}
    return {
        "code": {"coding": [coding], "text": f"lead {name}"},
        "valueSampledData": {
            "origin": MICROVOLTS if shown.strip.calibrated else ARBITRARY,
            "period": 1000 / FS_HZ,
            "factor": 1,
            "dimensions": 1,
            "data": data,
        },
    }


def _instant(time_ns: int) -> str:
    return datetime.fromtimestamp(time_ns / 1e9, UTC).isoformat(timespec="milliseconds")
