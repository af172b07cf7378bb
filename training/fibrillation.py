"""Fit the weights of `engine.rhythm.fibrillation`: `python -m training.fibrillation [--data FOLDER]`.

Stretches of 4 s that end at every second of VFDB and MIT-BIH are described by the features of
`engine.rhythm.waveform`, lead by lead. Ventricular fibrillation, flutter and the tachycardias of VFDB are to
be told from everything else that is annotated, noise included. Fitted on one part of the records, reported on
the other.
"""

import argparse
import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass
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
from training.beats.recordings import data_root
from training.logistic import fit_logistic

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


@dataclass(frozen=True, slots=True, eq=False)
class Stretches:
    """The described stretches of one record."""

    record: str
    rows: F32
    """(n_windows, n_leads, n_features)."""
    known: Bools
    """(n_windows, n_leads): the lead was assessable."""
    truth: I64
    """(n_windows,) 1 for waves, 0 for anything else, -1 for what does not count."""


def main() -> int:
    """Fit, and print the weights and what they do on both parts."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, help="folder with vfdb/ and mitdb/ (default: $ECG_MONITOR_DATA)")
    root = data_root(parser.parse_args().data)
    sets = [describe(path) for name in FIT_ON for path in sorted((root / name).glob("*.hea"))]
    chosen = [one for one in sets if any(one.record in names for names in FIT_ON.values())]
    mean, spread, weight, bias = fit(chosen)
    result = {
        "features": FEATURES,
        "mean": mean.round(3).tolist(),
        "spread": spread.round(4).tolist(),
        "weight": weight.round(3).tolist(),
        "bias": round(bias, 3),
        "records": {
            one.record: {"fitted": one in chosen, **_shares(one, mean, spread, weight, bias)} for one in sets
        },
    }
    json.dump(result, sys.stdout, indent=1)
    return 0


def describe(header: Path) -> Stretches:
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
    return Stretches(header.stem, np.array(rows), np.array(known), truth)


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


def fit(sets: list[Stretches]) -> tuple[F64, F64, F64, float]:
    """Fit a ridge-penalized logistic regression in which every lead, record and class weighs alike."""
    rows, truth, weight = [], [], []
    for one in sets:
        for lead in range(one.rows.shape[1]):
            for value in (0, 1):
                where = one.known[:, lead] & (one.truth == value)
                n = int(where.sum())
                rows.append(one.rows[where, lead])
                truth.append(np.full(n, value))
                weight.append(np.full(n, min(n, MOST_PER_LEAD) / max(n, 1)))
    x = np.concatenate(rows).astype(np.float64)
    return fit_logistic(x, np.concatenate(truth), np.concatenate(weight), PENALTY)


def _shares(one: Stretches, mean: F64, spread: F64, weight: F64, bias: float) -> dict[str, float | None]:
    """Share of the stretches told right, by the mean of their assessable leads."""
    votes = np.clip((one.rows - mean) / spread @ weight + bias, -CAP, CAP)
    evidence = (votes * one.known).sum(axis=1) / np.maximum(one.known.sum(axis=1), 1)
    seen = one.known.any(axis=1)
    waves, other = seen & (one.truth == 1), seen & (one.truth == 0)
    return {
        "waves_found": round(float((evidence[waves] > 0).mean()), 4) if waves.any() else None,
        "others_quiet": round(float((evidence[other] <= 0).mean()), 4) if other.any() else None,
    }


if __name__ == "__main__":
    sys.exit(main())
