"""The heart's dipole at any time: the Gaussian waves of all beats."""

import numpy as np

from engine.arrays import F64
from simulators.patient.autonomic import Autonomic
from simulators.patient.beat import Beat, Waves
from simulators.patient.beat_form import ATRIAL, VENTRICULAR, repolarization_stretch
from simulators.patient.ischemia import st_waves, t_waves
from simulators.patient.scene import Scene

BREATH_GAIN = 0.03
"""Share by which breathing changes the size of the QRS in the leads."""
SUPPORT = 5.0
"""Standard deviations after which a Gaussian wave is nil."""


def waves_of(beat: Beat, scene: Scene, autonomic: Autonomic) -> Waves:
    """All waves of a beat, with the scene's ischemia and the breath's modulation."""
    parts: list[tuple[F64, F64, F64]] = []
    if beat.atrial:
        form = ATRIAL[beat.atrial]
        # The PR interval shortens a little with the rate.
        hurry_s = 0.06 * (1 - repolarization_stretch(beat.rr_s))
        parts.append((form.centre_s + hurry_s, form.width_s, form.dipole_mv))
    if beat.ventricular:
        parts += _ventricular_waves(beat, scene)
    centre, width, dipole = (np.concatenate([part[k] for part in parts]) for k in range(3))
    breath = 1 + BREATH_GAIN * float(autonomic.breathing.at(np.array([beat.time_s]))[0])
    return Waves(beat.time_s + centre, width, dipole * breath)


def _ventricular_waves(beat: Beat, scene: Scene) -> list[tuple[F64, F64, F64]]:
    form = VENTRICULAR[beat.ventricular or "normal"]
    stretch = repolarization_stretch(beat.rr_s)
    parts = [(*form.at(beat.rr_s), form.dipole_mv)]
    for centre, width, dipole in (
        st_waves(scene.injury_at(beat.time_s)),
        t_waves(scene.t_wave_at(beat.time_s)),
    ):
        if dipole.any():
            parts.append((form.j_point_s + centre * stretch, width * stretch, dipole))
    return parts


def dipole_of_waves(waves: list[Waves], first_sample: int, n: int, fs_hz: float) -> F64:
    """(3, n) mV of all `waves` on the samples from `first_sample` on."""
    total = np.zeros((3, n))
    for some in waves:
        reach = SUPPORT * some.width_s
        start = max(int((some.centre_s - reach).min() * fs_hz) - first_sample, 0)
        end = min(int((some.centre_s + reach).max() * fs_hz) + 1 - first_sample, n)
        if start < end:
            t_s = (first_sample + np.arange(start, end)) / fs_hz
            z = (t_s - some.centre_s[:, None]) / some.width_s[:, None]
            total[:, start:end] += some.dipole_mv.T @ np.exp(-0.5 * z * z)
    return total
