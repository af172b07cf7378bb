"""Records as the live path would see them: resampled, judged, beats found, prepared."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.amplitude import at_usual_size
from engine.arrays import F32, Bools, frozen
from engine.beats import Beats, beats_of
from engine.errors import RecordError
from engine.grid import WINDOW_N
from engine.leads import N_LEADS
from engine.preprocess import ModelInput, input_of, stack
from engine.quality import Quality, quality_of
from engine.resample import resample_whole
from engine.window import Window
from training.ptbxl import Entry, read_signal


@dataclass(frozen=True, slots=True, eq=False)
class Example:
    """One record on its way through the engine."""

    entry: Entry
    window: Window
    quality: Quality
    beats: Beats


@dataclass(frozen=True, slots=True, eq=False)
class Dataset:
    """Records prepared for the model."""

    entries: tuple[Entry, ...]
    inputs: ModelInput
    """Stacked, one row for each entry."""

    @property
    def folds(self) -> NDArray[Any]:
        """(n,) int."""
        return np.array([entry.fold for entry in self.entries])

    @property
    def normal(self) -> Bools:
        """(n,) bool."""
        return np.array([entry.normal for entry in self.entries])


def make_dataset(entries: Iterable[Entry], left_out: list[str] | None = None) -> Dataset:
    """Read records, in order, and prepare them as the live path does.

    A record that cannot be read ends it with `RecordError`; with a list `left_out` it is left out and its
    sentence goes there.
    """
    kept, inputs = [], []
    for entry in entries:
        try:
            example = make_example(entry)
        except RecordError as error:
            if left_out is None:
                raise
            left_out.append(str(error))
            continue
        kept.append(entry)
        inputs.append(input_of(example.window, example.quality, example.beats))
    if not kept:
        raise RecordError("no record could be read: check the folder with `ecg-monitor data check`")
    return Dataset(tuple(kept), stack(inputs))


def make_example(entry: Entry) -> Example:
    """Read one record and send it through the engine, up to the beats."""
    window = window_of(*read_signal(entry))
    quality = quality_of(window)
    return Example(entry, window, quality, beats_of(window, quality))


def window_of(samples: F32, fs_hz: float, calibrated: bool = True) -> Window:
    """First ten seconds of a record as a window; what is missing at its start is invalid, as in a young
    ring. Samples in no known unit (not `calibrated`) are brought to the size of a usual ECG.
    """
    present: Bools = np.asarray(np.isfinite(samples).any(axis=1))
    x, valid = resample_whole(np.nan_to_num(samples), np.isfinite(samples), fs_hz)
    missing = ((0, 0), (max(0, WINDOW_N - x.shape[1]), 0))
    x, valid = np.pad(x[:, :WINDOW_N], missing), np.pad(valid[:, :WINDOW_N], missing)
    off = np.zeros(N_LEADS, np.bool_)
    window = Window("ward.1", WINDOW_N, frozen(x), frozen(valid), frozen(present), frozen(off), calibrated)
    return at_usual_size(window)


def choose(inputs: ModelInput, rows: NDArray[Any]) -> ModelInput:
    """Some rows of stacked inputs."""
    return ModelInput(**{name: getattr(inputs, name)[rows] for name in ModelInput.__dataclass_fields__})


def keep_leads(inputs: ModelInput, keep: Bools) -> ModelInput:
    """Stacked inputs as if only some leads (B, 12) had been connected; the beats stay where they were
    found.
    """
    kept = keep.astype(np.float32)
    return replace(
        inputs,
        signal=inputs.signal * kept[:, :, None],
        valid=inputs.valid * kept[:, :, None],
        beats=inputs.beats * kept[:, None, :, None],
        beats_valid=inputs.beats_valid * kept[:, None, :, None],
    )
