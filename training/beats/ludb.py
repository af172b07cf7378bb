"""LUDB: ten seconds of twelve leads, with the boundaries of every wave marked lead by lead."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from engine.arrays import F32, F64
from engine.beats import Beats, beats_of
from engine.delineation.delineation import N_MARKS, Mark
from engine.errors import RecordError
from engine.grid import FS_HZ, WINDOW_N
from engine.leads import LEADS, N_LEADS, LeadMap
from engine.quality import Quality, quality_of
from engine.resample import resample_whole
from engine.window import Window

PARTS: Final = {"choose": range(1, 76), "report": range(76, 151)}
"""Limits of the delineator were chosen on the one, figures are read on the other."""
SAME_BEAT_MS: Final = 150.0
_FIRST_OF: Final = {"p": Mark.P_ONSET, "N": Mark.QRS_ONSET, "t": Mark.T_ONSET}


@dataclass(frozen=True, slots=True, eq=False)
class Drawn:
    """One record and what the annotators marked on the beats that the monitor finds."""

    number: int
    signal: F64
    """(12, m) mV at `fs_hz`, as recorded."""
    fs_hz: float
    window: Window
    quality: Quality
    beats: Beats
    marks_ms: F32
    """(9, 12, n) from the R peaks of `beats`; NaN where not marked."""


def read_drawn(folder: Path, number: int) -> Drawn:
    """Read one record."""
    import wfdb  # takes a second to import

    path = str(folder / str(number))
    try:
        record = wfdb.rdrecord(path)
        notes = [wfdb.rdann(path, lead.lower()) for lead in LEADS]
    except (OSError, ValueError) as error:
        raise RecordError(f"cannot read {path}: {error}; check that the file is whole") from None
    lead_map = LeadMap.from_names(record.sig_name)
    signal = lead_map.apply(record.p_signal.T.astype(np.float32))
    x, valid = resample_whole(signal, np.isfinite(signal), record.fs)
    attached = np.zeros(N_LEADS, np.bool_)
    window = Window(path, WINDOW_N, x[:, :WINDOW_N], valid[:, :WINDOW_N], lead_map.present, attached)
    quality = quality_of(window)
    beats = beats_of(window, quality)
    marks_ms = np.full((N_MARKS, N_LEADS, beats.r_peaks.size), np.nan, np.float32)
    r_ms = beats.r_peaks.astype(np.float64) * (1000 / FS_HZ)
    for lead, note in enumerate(notes):
        at_ms = np.asarray(note.sample, np.float64) * (1000 / record.fs)
        _place(note.symbol, at_ms, r_ms, marks_ms[:, lead])
    return Drawn(number, signal.astype(np.float64), record.fs, window, quality, beats, marks_ms)


def _place(symbols: list[str], at_ms: F64, r_ms: F64, marks_ms: F32) -> None:
    """Give the waves of one lead, (onset, peak, offset) each, to the beats they belong to."""
    peaks = [i for i, symbol in enumerate(symbols) if symbol in _FIRST_OF]
    for place, i in enumerate(peaks):
        if symbols[i] != "N" or not r_ms.size:
            continue
        beat = int(np.abs(r_ms - at_ms[i]).argmin())
        if abs(r_ms[beat] - at_ms[i]) > SAME_BEAT_MS:
            continue
        around = [(i, "N")]
        around += [(j, "p") for j in peaks[max(place - 1, 0) : place] if symbols[j] == "p"]
        around += [(j, "t") for j in peaks[place + 1 : place + 2] if symbols[j] == "t"]
        for j, kind in around:
            first = _FIRST_OF[kind]
            marks_ms[first + 1, beat] = at_ms[j] - r_ms[beat]
            if j and symbols[j - 1] == "(":
                marks_ms[first, beat] = at_ms[j - 1] - r_ms[beat]
            if j + 1 < len(symbols) and symbols[j + 1] == ")":
                marks_ms[first + 2, beat] = at_ms[j + 1] - r_ms[beat]
