"""An act at its place in time, with everything that was drawn for it."""

from dataclasses import dataclass

import numpy as np

from engine.arrays import F64
from simulators.patient.act import Act
from simulators.patient.fibrillation import Activity, fibrillating_atria, fibrillating_ventricles
from simulators.patient.ischemia import T_INVERSION_MV, direction
from simulators.patient.movement import Movement, draw_movements


@dataclass(frozen=True, slots=True, eq=False)
class Scene:
    """One act between two times."""

    act: Act
    start_s: float
    end_s: float
    injury_mv: tuple[F64, F64]
    """(3,) ST dipole before the act and the one it moves to."""
    t_wave_mv: tuple[F64, F64]
    """(3,) change of the T wave before the act and the one it moves to."""
    activity: Activity | None
    activity_since_s: float
    """Fibrillation that an earlier act began goes on as it was."""
    movements: tuple[Movement, ...]
    open_since_s: dict[str, float]
    """Electrode that is off -> when it came off, in this act or an earlier one."""

    def injury_at(self, t_s: float) -> F64:
        """(3,) ST dipole at `t_s`."""
        return _between(self.injury_mv, (t_s - self.start_s) / self.act.ramp_s)

    def t_wave_at(self, t_s: float) -> F64:
        """(3,) change of the T wave at `t_s`."""
        return _between(self.t_wave_mv, (t_s - self.start_s) / self.act.ramp_s)


def scene(act: Act, start_s: float, before: Scene | None, rng: np.random.Generator) -> Scene:
    """Place `act` after the scene `before`."""
    going_on = before is not None and before.act.rhythm == act.rhythm
    already_open = before.open_since_s if before else {}
    injury, t_wave = np.zeros(3), np.zeros(3)
    if act.st_territory:
        injury = act.st_mv * direction(act.st_territory)
    if act.t_inversion:
        t_wave = -T_INVERSION_MV[act.t_inversion] * direction(act.t_inversion)
    return Scene(
        act,
        start_s,
        start_s + act.duration_s,
        (before.injury_at(start_s) if before else injury, injury),
        (before.t_wave_at(start_s) if before else t_wave, t_wave),
        before.activity if going_on and before else _activity(act.rhythm, rng),
        before.activity_since_s if going_on and before else start_s,
        draw_movements(rng, start_s, act.duration_s, act.motion_per_minute),
        {name: already_open.get(name, start_s) for name in act.electrodes_off},
    )


def _activity(rhythm: str, rng: np.random.Generator) -> Activity | None:
    if rhythm == "atrial fibrillation":
        return fibrillating_atria(rng)
    if rhythm == "ventricular fibrillation":
        return fibrillating_ventricles(rng)
    return None


def _between(ends: tuple[F64, F64], share: float) -> F64:
    x = min(max(share, 0.0), 1.0)
    smooth = x * x * (3 - 2 * x)
    return ends[0] + smooth * (ends[1] - ends[0])
