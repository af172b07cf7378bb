from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache

import numpy as np
import pytest

from engine.arrays import F32
from engine.leads import LEADS
from simulators.patient.act import Act
from simulators.patient.patient import Patient
from simulators.patient.presets import PRESETS
from simulators.patient.story import Story
from simulators.patient.truth import Truth, truth

FS_HZ = 500.0


@dataclass(frozen=True)
class Recording:
    """Signal of one act without noise, and its truth."""

    samples: F32
    truth: Truth

    def lead(self, name: str) -> F32:
        return self.samples[LEADS.index(name)]

    def peaks(self, symbol: str | None = None) -> np.ndarray:
        """R peaks whose whole beat lies inside the recording."""
        n = self.samples.shape[1]
        beats = [b for b in self.truth.beats if symbol is None or b.symbol == symbol]
        return np.array([b.sample for b in beats if 300 < b.sample < n - 300])

    def median_beat(self, symbol: str, before_s: float = 0.3, after_s: float = 0.5) -> F32:
        """(12, n) median beat, R peak at `before_s`."""
        a, b = round(before_s * FS_HZ), round(after_s * FS_HZ)
        return np.median([self.samples[:, k - a : k + b] for k in self.peaks(symbol)], axis=0)

    def st_mv(self, symbol: str = "N") -> dict[str, float]:
        """ST level 100 ms after the R peak against the PR segment, lead by lead."""
        beat = self.median_beat(symbol)
        level = beat[:, round(0.4 * FS_HZ)] - beat[:, round(0.25 * FS_HZ)]
        return dict(zip(LEADS, map(float, level), strict=True))


@pytest.fixture(scope="session")
def clean() -> Callable[..., Recording]:
    """Return a function that records a preset, changed as asked, without noise."""

    @cache
    def record(preset: str, seconds: float = 30.0, seed: int = 7, **changes: object) -> Recording:
        quiet = {"wander_mv": 0.0, "muscle_mv": 0.0}
        story = Story(
            (replace(PRESETS[preset], duration_s=max(seconds, 1.0), **{**quiet, **changes}),), loop=True
        )
        n = round(seconds * FS_HZ)
        samples = Patient(story, seed=seed, fs_hz=FS_HZ).read(n).samples
        return Recording(samples, truth(story, seed=seed, fs_hz=FS_HZ, n_samples=n))

    return record


@pytest.fixture(scope="session")
def story_of() -> Callable[..., Recording]:
    """Return a function that records acts, given as keyword tables, without noise."""

    def record(*acts: dict[str, object], seed: int = 7) -> Recording:
        quiet = {"wander_mv": 0.0, "muscle_mv": 0.0}
        story = Story(tuple(Act(**{**quiet, **act}) for act in acts), loop=False)
        n = round(story.duration_s * FS_HZ)
        samples = Patient(story, seed=seed, fs_hz=FS_HZ).read(n).samples
        return Recording(samples, truth(story, seed=seed, fs_hz=FS_HZ, n_samples=n))

    return record
