"""Windows of synthetic patients as the model sees them, without the network: scores are given."""

from dataclasses import replace
from functools import cache

import numpy as np

from engine.beats import beats_of
from engine.grid import FS_HZ, WINDOW_N
from engine.patient.baseline import PatientBaseline
from engine.patient.lesson import lesson_of
from engine.preprocess import MAP_N, input_of
from engine.quality import quality_of
from engine.scoremap import ScoreMap
from engine.window import Window
from simulators.patient.act import Act
from simulators.patient.patient import Patient
from simulators.patient.story import Story

HOP_S = 5
QUIET = np.zeros((12, MAP_N), np.float32)


@cache
def windows(*acts, leads=tuple(range(12)), seed=3):
    """A window every 5 s of a story, score 2 against all people throughout."""
    story = Story(acts, loop=False)
    x = Patient(story, fs_hz=FS_HZ, seed=seed).read(round(story.duration_s * FS_HZ)).samples
    return tuple(_window(x, end, leads) for end in range(WINDOW_N, x.shape[1] + 1, HOP_S * FS_HZ))


def _window(x, end, leads):
    present = np.isin(np.arange(12), leads)
    valid = np.repeat(present[:, None], WINDOW_N, axis=1)
    cut = np.where(valid, x[:, end - WINDOW_N : end], 0).astype(np.float32)
    window = Window("ward.1", end, cut, valid, present, np.zeros(12, bool))
    quality = quality_of(window)
    prepared = input_of(window, quality, beats_of(window, quality))
    return ScoreMap("ward.1", end, QUIET, 2.0, 1.0, None, prepared=prepared)


def unassessed(one):
    return replace(one, score=float("nan"), reason="noise", prepared=None)


def later(found, seconds):
    """The same windows, so much later."""
    return [replace(one, end_sample=one.end_sample + round(seconds * FS_HZ)) for one in found]


def lessons(found):
    taught, upto = [], -WINDOW_N
    for one in found:
        taught.append(lesson_of(one, one.prepared, upto))
        upto = int(taught[-1].r_samples[-1]) if taught[-1].r_samples.size else upto
    return taught


def learned(found):
    baseline = PatientBaseline.learn(lessons(found))
    assert baseline is not None
    return baseline


def own_scores(baseline, found):
    return np.array([baseline.judge(one, baseline.compare(one, one.prepared)).score for one in found])


def lbbb(seconds, **more):
    return Act(seconds, conduction="lbbb", **more)
