"""The shipped model, trained on real ECG, takes the calm patient for normal and the ill one for ill."""

import numpy as np
import pytest

from engine.beats import beats_of
from engine.grid import FS_HZ, WINDOW_N
from engine.quality import quality_of
from engine.scorer import load_scorer
from engine.signals import condition
from engine.window import Window
from simulators.patient.patient import Patient
from simulators.patient.story import Story, load_story, single_rhythm

YES = np.ones(12, bool)


@pytest.fixture(scope="module")
def judge():
    """Return a function: story and seed -> scores of windows every 5 s, in units of the threshold."""
    scorer = load_scorer()

    def scores(story: Story, seed: int, seconds: int):
        x = Patient(story, seed=seed, fs_hz=FS_HZ).read(seconds * FS_HZ).samples
        ends = range(2 * WINDOW_N, seconds * FS_HZ + 1, 5 * FS_HZ)
        pieces = [np.ascontiguousarray(x[:, end - WINDOW_N : end]) for end in ends]
        windows = [
            Window("ward.1", end, piece, np.ones(piece.shape, bool), YES, ~YES)
            for end, piece in zip(ends, pieces, strict=True)
        ]
        qualities = [quality_of(window) for window in windows]
        beats = [beats_of(*pair) for pair in zip(windows, qualities, strict=True)]
        return np.array([s.score / s.threshold for s in scorer.score(condition(windows), qualities, beats)])

    return scores


@pytest.mark.parametrize("seed", range(5))
def test_the_calm_start_of_the_demo_is_normal(judge, seed):
    assert judge(load_story("demo"), seed, 40).max() < 1


@pytest.mark.parametrize("preset", ["vt", "vf", "bigeminy", "lbbb", "st-elevation-lateral"])
def test_serious_conditions_are_anomalous(judge, preset):
    assert judge(single_rhythm(preset), 1, 35).min() > 1


def test_the_demo_is_anomalous_where_its_story_says(judge):
    scores = judge(load_story("demo"), 0, 260)
    at_s = 20 + 5 * np.arange(len(scores))

    def between(start_s, end_s):
        return scores[(at_s >= start_s + 10) & (at_s <= end_s)]

    assert between(0, 40).max() < 1
    assert between(60, 76).max() > 1  # bigeminy
    assert (between(101, 151) > 1).mean() > 0.6  # ST elevation
    assert between(176, 190).max() > 2  # ventricular tachycardia
    assert scores[-3:].max() < 1  # recovered
