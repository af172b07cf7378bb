"""Windows of a plain made-up ECG, and the real recordings where they are at hand."""

import os
from pathlib import Path

import numpy as np
import pytest

from engine.grid import FS_HZ, WINDOW_N
from engine.leads import N_LEADS
from engine.window import Window

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


@pytest.fixture(scope="session")
def data_root():
    root = Path(os.environ.get("ECG_MONITOR_DATA", Path(__file__).parents[3] / "shared" / "data"))
    if not root.is_dir():
        pytest.skip(
            f"no recordings at {root}: set ECG_MONITOR_DATA to the folder that holds mitdb/, ludb/, ..."
        )
    return root
