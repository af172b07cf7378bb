"""Fit the weights of `engine.rhythm.fibrillation`: `python -m training.fibrillation [--data FOLDER]`.

Stretches of 4 s that end at every second of VFDB and MIT-BIH are described by the features of
`engine.rhythm.waveform`, lead by lead. Ventricular fibrillation, flutter and the tachycardias of VFDB are to
be told from everything else that is annotated, noise included. Fitted on one part of the records, reported on
the other.
"""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import numpy as np

from engine.arrays import F32, F64, I64, Bools
from engine.grid import FS_HZ, WINDOW_N
from engine.leads import N_LEADS, LeadMap
from engine.quality import assess_quality
from engine.resample import Resampler
from engine.rhythm.fibrillation import CAP, STRETCH_S
from engine.rhythm.waveform import FEATURES, WAVE_HZ, features, wave_band
from engine.signals import condition
from engine.window import Window
from training.rhythmfit import Described, Fit

FIT_ON: Final = {
    "vfdb": ("418", "424", "428", "430", "605", "611"),
    "mitdb": ("101", "107", "109", "114", "116", "119", "124", "203", "207", "209", "217", "223"),
}
WAVES: Final = frozenset({"VF", "VFIB", "VFL"})
LEFT_OUT: Final = frozenset({"HGEA", "VER", "IVR"})
"""Rhythms that hold what is looked for without marking it."""
SLOW_TWIN: Final = {"418": "N"}
"""In this patient the sinus beats are waves as well, only slower: the rate tells them apart, not the form."""
MARGIN_S: Final = 0.3
PENALTY: Final = 0.03
MOST_PER_LEAD: Final = 400
"""Stretches of one lead and class of a record count for no more than so many."""


def describe(header: Path) -> Described:
    """Read a record and describe its stretches."""
    import wfdb

    record = wfdb.rdrecord(str(header.with_suffix("")))
    lead_map = LeadMap.from_names(record.sig_name)
    x, valid = _resampled(lead_map.apply(record.p_signal.T.astype(np.float32)), float(record.fs))
    leads = np.flatnonzero(lead_map.present)
    rows, known = [], []
    for window in _windows(x, valid, lead_map.present):
        signals = condition([window])
        known.append(assess_quality(signals)[0].assessable[leads])
        last = np.s_[:, -round(STRETCH_S * WAVE_HZ) :]
        rows.append(features(wave_band(signals.calm[0, leads])[last], signals.envelope[0, leads][last]))
    marks = wfdb.rdann(str(header.with_suffix("")), "atr")
    truth = _truth(header, marks.sample / record.fs, marks.aux_note, x.shape[1] / FS_HZ, len(rows))
    return Described(header.stem, np.array(rows), np.array(known), truth)


def _resampled(x: F32, fs_hz: float) -> tuple[F32, Bools]:
    resampler, n = Resampler(fs_hz), round(4 * fs_hz)
    pieces = [
        resampler.push(np.nan_to_num(x[:, at : at + n]), np.isfinite(x[:, at : at + n]))
        for at in range(0, x.shape[1], n)
    ]
    pieces.append(resampler.flush())
    return np.concatenate([p for p, _ in pieces], axis=1), np.concatenate([v for _, v in pieces], axis=1)


def _windows(x: F32, valid: Bools, present: Bools) -> Iterator[Window]:
    attached = np.zeros(N_LEADS, np.bool_)
    for end in range(WINDOW_N, x.shape[1] + 1, FS_HZ):
        part = np.s_[:, end - WINDOW_N : end]
        yield Window(
            "fit", end, np.where(valid[part], x[part], np.float32(0)), valid[part], present, attached
        )


def _truth(header: Path, at_s: F64, notes: list[str], duration_s: float, n: int) -> I64:
    """Judge the stretches that lie within one annotated rhythm."""
    changes = [(t, note.strip("\x00 ")[1:]) for t, note in zip(at_s, notes, strict=True) if note[:1] == "("]
    ends = [t for t, _ in changes][1:] + [duration_s] * bool(changes)
    end_s = WINDOW_N / FS_HZ + np.arange(n)
    left_out = {*LEFT_OUT, SLOW_TWIN.get(header.stem)} | ({"VT"} if header.parent.name == "mitdb" else set())
    truth = np.full(n, -1, np.int64)
    for (start, name), end in zip(changes, ends, strict=True):
        inside = (end_s - STRETCH_S >= start - MARGIN_S) & (end_s <= end + MARGIN_S)
        if name not in left_out:
            truth[inside] = name in WAVES or name == "VT"
    return truth


FIT: Final = Fit(FIT_ON, FEATURES, describe, PENALTY, MOST_PER_LEAD, float(CAP))

if __name__ == "__main__":
    sys.exit(FIT.run(__doc__))
