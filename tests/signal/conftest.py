"""Windows of a plain made-up ECG, and the real recordings where they are at hand."""

import os
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from engine.beats import beats_of
from engine.grid import FS_HZ, WINDOW_N
from engine.leads import N_LEADS
from engine.quality import quality_of
from engine.window import Window
from simulators.patient.patient import Patient
from simulators.patient.presets import PRESETS
from simulators.patient.story import Story
from simulators.patient.truth import truth

# How large P, QRS and T are in each lead, mV; as in a healthy adult.
P_MV = (0.1, 0.15, 0.05, -0.12, 0.04, 0.1, 0.05, 0.05, 0.06, 0.07, 0.07, 0.06)
QRS_MV = (0.7, 1.1, 0.4, -0.9, 0.2, 0.8, -0.8, -1.2, -0.4, 0.9, 1.3, 1.0)
T_MV = (0.2, 0.3, 0.1, -0.25, 0.08, 0.2, 0.1, 0.4, 0.4, 0.35, 0.3, 0.25)


def make_ecg(beats_s, n=WINDOW_N, noise_mv=0.01, seed=0, scale=1.0):
    """(12, n) float32: P, QRS and T as Gaussian humps around the given R peaks, with a little noise."""
    t = np.arange(n) / FS_HZ
    x = np.random.default_rng(seed).normal(0, noise_mv, (N_LEADS, n))
    for beat in beats_s:
        for lag_s, width_s, size_mv in ((-0.16, 0.02, P_MV), (0.0, 0.018, QRS_MV), (0.26, 0.05, T_MV)):
            x += scale * np.outer(size_mv, np.exp(-0.5 * ((t - beat - lag_s) / width_s) ** 2))
    return x.astype(np.float32)


def make_window(x, valid=None, present=None, lead_off=None, end_sample=10_000):
    valid = np.ones(x.shape, bool) if valid is None else valid
    present = np.ones(N_LEADS, bool) if present is None else present
    lead_off = np.zeros(N_LEADS, bool) if lead_off is None else lead_off
    return Window("ward.1", end_sample, np.where(valid, x, np.float32(0)), valid, present, lead_off)


@pytest.fixture(scope="session")
def ecg():
    return make_ecg


@pytest.fixture(scope="session")
def window_of():
    return make_window


@cache
def make_patient(*scenes, seed=6):
    """(12, n) float32 of presets one after the other, given as (name, seconds), and what is true of them."""
    story = Story(tuple(replace(PRESETS[name], duration_s=float(s)) for name, s in scenes), loop=True)
    n = round(story.duration_s * FS_HZ)
    x = Patient(story, seed=seed, fs_hz=FS_HZ).read(n).samples
    return x, truth(story, seed=seed, fs_hz=FS_HZ, n_samples=n)


def make_hops(x, hop_s=1.0, leads=None):
    """(window, quality, beats) at every hop over a signal, of some leads or all."""
    present = np.ones(N_LEADS, bool) if leads is None else np.isin(np.arange(N_LEADS), leads)
    valid = np.isfinite(x) & present[:, None]
    for end in range(WINDOW_N, x.shape[1] + 1, round(hop_s * FS_HZ)):
        cut = slice(end - WINDOW_N, end)
        window = make_window(x[:, cut], valid[:, cut], present, end_sample=end)
        quality = quality_of(window)
        yield window, quality, beats_of(window, quality)


@pytest.fixture(scope="session")
def patient():
    return make_patient


@pytest.fixture(scope="session")
def hops():
    return make_hops


@pytest.fixture(scope="session")
def data_root():
    root = Path(os.environ.get("ECG_MONITOR_DATA", Path(__file__).parents[3] / "shared" / "data"))
    if not root.is_dir():
        pytest.skip(
            f"no recordings at {root}: set ECG_MONITOR_DATA to the folder that holds mitdb/, ludb/, ..."
        )
    return root
