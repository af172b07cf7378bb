"""A patient baseline as JSON values, and back."""

from collections.abc import Mapping
from typing import Any, Final

import numpy as np

from engine.arrays import F32, I64, frozen
from engine.errors import ModelError
from engine.leads import N_LEADS
from engine.patient.baseline import PatientBaseline
from engine.patient.usual_beat import UsualBeat
from engine.preprocess import BEAT_N

FORMAT: Final = 1


def to_json(baseline: PatientBaseline) -> dict[str, Any]:
    """Plain JSON values, shapes rounded to three decimals; `from_json` is the way back."""
    leads = np.flatnonzero(baseline.usual.leads)
    regular = np.isfinite(baseline.irregularity)
    return {
        "format": FORMAT,
        "leads": leads.tolist(),
        "middle": _rounded(baseline.usual.middle[leads]),
        "spread": _rounded(baseline.usual.spread[leads]),
        "share": baseline.usual.share,
        "unit": baseline.unit,
        "typical": baseline.typical,
        "irregularity": baseline.irregularity if regular else None,
        "irregularity_spread": baseline.irregularity_spread,
        "population": baseline.population,
        "level": _rounded(baseline.level),
        "from_sample": baseline.from_sample,
        "to_sample": baseline.to_sample,
        "model": baseline.model,
    }


def from_json(values: Mapping[str, Any]) -> PatientBaseline:
    """Read back what `to_json` gave; anything else is a `ModelError`."""
    try:
        if values["format"] != FORMAT:
            raise ValueError(f"format {values['format']}")
        leads = np.array(values["leads"], np.int64)
        irregularity = values["irregularity"]
        return PatientBaseline(
            usual=UsualBeat(
                _on_leads(values["middle"], leads),
                _on_leads(values["spread"], leads),
                float(values["share"]),
            ),
            unit=float(values["unit"]),
            typical=float(values["typical"]),
            irregularity=float("nan") if irregularity is None else float(irregularity),
            irregularity_spread=float(values["irregularity_spread"]),
            population=float(values["population"]),
            level=frozen(np.array(values["level"], np.float32).reshape(N_LEADS)),
            from_sample=int(values["from_sample"]),
            to_sample=int(values["to_sample"]),
            model=str(values["model"]),
        )
    except (KeyError, TypeError, ValueError, IndexError) as error:
        raise ModelError(f"a patient baseline cannot be read ({error}): learn it again") from error


def _rounded(values: F32) -> Any:
    return np.round(values.astype(np.float64), 3).tolist()


def _on_leads(rows: Any, leads: I64) -> F32:
    full = np.full((N_LEADS, BEAT_N), np.nan, np.float32)
    full[leads] = np.array(rows, np.float32).reshape(leads.size, BEAT_N)
    return frozen(full)
