"""The heart: a story turned into scenes and beats, in the order of time."""

from collections.abc import Iterator

import numpy as np

from simulators.patient.autonomic import Autonomic
from simulators.patient.beat import Beat
from simulators.patient.ectopy import Ectopy
from simulators.patient.rhythm import (
    atrial_fibrillation,
    lone_p_waves,
    sinus,
    ventricular_tachycardia,
)
from simulators.patient.scene import Scene, scene
from simulators.patient.story import Story


def heart(story: Story, seed: int, autonomic: Autonomic) -> Iterator[Scene | Beat]:
    """Every scene, followed by its beats; endless when the story loops."""
    before: Scene | None = None
    last_beat_s = 0.0
    n_scenes = 0
    while True:
        for act in story.acts:
            rng = np.random.default_rng([seed, 1, n_scenes])
            now = scene(act, before.end_s if before else 0.0, before, rng)
            yield now
            for beat in _beats(now, last_beat_s, rng, autonomic):
                if beat.time_s >= now.end_s:
                    break
                yield beat
                if beat.ventricular:
                    last_beat_s = beat.time_s
            before, n_scenes = now, n_scenes + 1
        if not story.loop:
            return


def _beats(now: Scene, last_beat_s: float, rng: np.random.Generator, autonomic: Autonomic) -> Iterator[Beat]:
    act = now.act
    if act.rhythm in ("ventricular fibrillation", "asystole"):
        return iter(())
    rr_s = 60 / act.rate
    # A sinus node resumes after a pause; a ventricular focus cuts in early.
    interval_s = 0.62 * rr_s if act.rhythm == "ventricular tachycardia" else rr_s
    first_s = max(now.start_s + 0.05, last_beat_s + max(interval_s, 0.33))
    if act.rhythm == "ventricular tachycardia":
        return ventricular_tachycardia(rng, first_s, act.rate)
    if act.rhythm == "atrial fibrillation":
        return atrial_fibrillation(rng, first_s, act.rate, act.conduction)
    if act.rhythm == "ventricular standstill":
        return lone_p_waves(first_s, act.rate)
    ectopy = Ectopy(act.ectopy, act.ectopy_per_minute)
    return sinus(rng, autonomic, first_s, act.rate, act.conduction, ectopy)
