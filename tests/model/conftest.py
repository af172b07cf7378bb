"""Synthetic ECG, and a miniature of PTB-XL's official layout made of it."""

import csv
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import wfdb

from engine.beats import Beats, beats_of
from engine.grid import FS_HZ, WINDOW_N
from engine.leads import LEADS
from engine.quality import Quality, quality_of
from engine.window import Window

Make = Callable[..., np.ndarray]
Judged = tuple[Window, Quality, Beats]

# Height in mV, centre after the R peak in s, width in s.
WAVES = {"P": (0.12, -0.16, 0.025), "Q": (-0.1, -0.03, 0.01), "R": (1.0, 0.0, 0.012), "T": (0.3, 0.26, 0.05)}
GAINS = np.array([0.6, 1.0, 0.4, -0.8, 0.2, 0.7, -0.4, 0.5, 0.8, 1.2, 1.1, 0.9])


def synthesize(seed: int, fs_hz: float = FS_HZ, seconds: float = 10.0, t_gain: float = 1.0) -> np.ndarray:
    """(12, n) mV: Gaussian waves on a slightly irregular rhythm, a little noise and wander."""
    rng = np.random.default_rng(seed)
    t = np.arange(round(seconds * fs_hz)) / fs_hz
    rate_s = rng.uniform(0.7, 1.0)
    peaks = np.cumsum(rng.normal(rate_s, 0.02, 30)) - 0.4
    gains = GAINS * rng.normal(1, 0.1, 12)
    x = rng.normal(0, 0.01, (12, t.size)) + 0.05 * np.sin(2 * np.pi * 0.2 * t)
    for name, (height, centre, width) in WAVES.items():
        size = height * (t_gain if name == "T" else 1.0)
        wave = np.exp(-0.5 * ((t[None] - peaks[:, None] - centre) / width) ** 2).sum(axis=0)
        x += gains[:, None] * size * wave
    return x.astype(np.float32)


def judge(x: np.ndarray, valid: np.ndarray | None = None, end_sample: int = WINDOW_N) -> Judged:
    """A window of everything given, with its quality and beats."""
    if valid is None:
        valid = np.isfinite(x)
    no_lead_off = np.zeros(12, np.bool_)
    window = Window("ward.1", end_sample, np.where(valid, x, 0), valid, valid.any(axis=1), no_lead_off)
    quality = quality_of(window)
    return window, quality, beats_of(window, quality)


@pytest.fixture(scope="session")
def ecg() -> Make:
    return synthesize


@pytest.fixture(scope="session")
def judged() -> Callable[..., Judged]:
    return judge


@pytest.fixture(scope="session")
def mini_ptbxl(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """5 records in each of the folds 1-7, 10 in 8 and 9; the abnormal ones have T waves inverted."""
    folder = tmp_path_factory.mktemp("ptbxl")
    (folder / "records100" / "00000").mkdir(parents=True)
    statements = [("NORM", "NORM"), ("NDT", "STTC"), ("SR", "")]
    write_table(folder / "scp_statements.csv", ["", "diagnostic_class"], statements)
    folds = [fold for fold in range(1, 8) for _ in range(5)] + [8] * 10 + [9] * 10
    rows = []
    for ecg_id, fold in enumerate(folds, start=1):
        normal = ecg_id % 2 == 1
        x = synthesize(ecg_id, 100, t_gain=1.0 if normal else -1.0)
        name, where = f"{ecg_id:05d}_lr", folder / "records100" / "00000"
        wfdb.wrsamp(
            name, 100, ["mV"] * 12, list(LEADS), x.T.astype(np.float64), fmt=["16"] * 12, write_dir=str(where)
        )
        codes = {"NORM": 100.0, "SR": 0.0} if normal else {"NDT": 100.0}
        rows.append((ecg_id, 1000 + ecg_id, fold, str(codes), f"records100/00000/{name}"))
    columns = ["ecg_id", "patient_id", "strat_fold", "scp_codes", "filename_lr"]
    write_table(folder / "ptbxl_database.csv", columns, rows)
    return folder


def write_table(path: Path, header: list[str], rows: list[tuple]) -> None:
    with path.open("w", newline="") as file:
        csv.writer(file).writerows([header, *rows])
