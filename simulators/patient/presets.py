"""Single rhythms by name, for `simulate --rhythm NAME` and as a start for acts of a story."""

from typing import Final

from simulators.patient.act import Act
from simulators.patient.ischemia import TERRITORIES

MINUTE_S: Final = 60.0


def _presets() -> dict[str, Act]:
    def act(**changes: object) -> Act:
        return Act(MINUTE_S, **changes)  # type: ignore[arg-type]

    presets = {
        "sinus": act(caption="Sinus rhythm"),
        "bradycardia": act(rate_bpm=38, caption="Sinus bradycardia"),
        "tachycardia": act(rate_bpm=134, caption="Sinus tachycardia"),
        "af": act(rhythm="atrial fibrillation", caption="Atrial fibrillation"),
        "pvc": act(ectopy="pvc", ectopy_per_minute=12, caption="Premature ventricular beats"),
        "couplets": act(ectopy="couplet", caption="Ventricular couplets"),
        "runs": act(ectopy="run", caption="Short ventricular runs"),
        "bigeminy": act(ectopy="bigeminy", caption="Ventricular bigeminy"),
        "pac": act(ectopy="pac", ectopy_per_minute=10, caption="Premature atrial beats"),
        "vt": act(rhythm="ventricular tachycardia", caption="Ventricular tachycardia"),
        "vf": act(rhythm="ventricular fibrillation", caption="Ventricular fibrillation"),
        "asystole": act(rhythm="asystole", caption="Asystole"),
        "standstill": act(rhythm="ventricular standstill", caption="P waves without QRS"),
        "lbbb": act(conduction="lbbb", caption="Left bundle branch block"),
        "rbbb": act(conduction="rbbb", caption="Right bundle branch block"),
    }
    for where in TERRITORIES:
        presets[f"st-elevation-{where}"] = act(
            st_territory=where, st_mv=0.3, caption=f"ST elevation, {where}"
        )
        presets[f"st-depression-{where}"] = act(
            st_territory=where, st_mv=-0.2, caption=f"ST depression, {where}"
        )
        presets[f"t-inversion-{where}"] = act(t_inversion=where, caption=f"T inversion, {where}")
    return presets


PRESETS: Final = _presets()
