"""The monitor's own detector finds the R peaks where the truth has them."""

import numpy as np
import pytest

from engine.beats import beats_of
from engine.grid import FS_HZ, WINDOW_N
from engine.quality import quality_of
from engine.window import Window
from simulators.patient.patient import Patient
from simulators.patient.presets import PRESETS
from simulators.patient.story import single_rhythm
from simulators.patient.truth import truth

WITH_BEATS = [name for name in PRESETS if name not in ("vf", "asystole", "standstill")]


@pytest.mark.parametrize("preset", WITH_BEATS)
def test_r_peaks_are_found(preset):
    story, n = single_rhythm(preset), 2 * WINDOW_N
    x = Patient(story, seed=6, fs_hz=FS_HZ).read(n).samples[:, -WINDOW_N:]
    yes = np.ones(12, bool)
    window = Window("ward.1", n, np.ascontiguousarray(x), np.ones(x.shape, bool), yes, ~yes)
    found = beats_of(window, quality_of(window)).r_peaks
    known = np.array([beat.sample for beat in truth(story, seed=6, fs_hz=FS_HZ, n_samples=n).beats])
    inside = known[(known > WINDOW_N + 40) & (known < n - 40)]
    distance = np.abs(found[None, :] - inside[:, None]).min(axis=1)
    assert distance.max() <= 2
    extra = [k for k in found if np.abs(known - k).min() > 10]
    assert not extra
