"""A synthetic patient as a WFDB record: `.hea`, `.dat`, and `.atr` with its true beats and rhythms."""

import re
from pathlib import Path
from typing import Final

import numpy as np

from engine.errors import ConfigurationError
from engine.leads import LEADS
from simulators.patient.patient import Patient
from simulators.patient.truth import Truth

STEPS_PER_MV: Final = 1000.0
LONGEST_S: Final = 24 * 3600
RHYTHM_CODES: Final = {
    "sinus rhythm": "(N",
    "sinus tachycardia": "(N",  # the annotation codes have none of its own
    "sinus bradycardia": "(SBR",
    "ventricular bigeminy": "(B",
    "atrial fibrillation": "(AFIB",
    "ventricular tachycardia": "(VT",
    "ventricular fibrillation": "(VFIB",
    "asystole": "(ASYS",
    "ventricular standstill": "(ASYS",
}


def write_record(path: Path, patient: Patient, known: Truth) -> None:
    """Write the patient's next `known.n_samples` samples with annotations."""
    import wfdb  # takes a second to import, and only this needs it

    if not re.fullmatch(r"[A-Za-z0-9_-]+", path.name):
        raise ConfigurationError(f"record name {path.name!r}: use letters, digits, '_' and '-', no extension")
    if not path.parent.is_dir():
        raise ConfigurationError(f"folder {path.parent} does not exist; create it first")
    chunk = patient.read(known.n_samples)
    where, n_leads = str(path.parent), len(LEADS)
    try:
        wfdb.wrsamp(
            path.name,
            fs=patient.fs_hz,
            units=["mV"] * n_leads,
            sig_name=list(LEADS),
            d_signal=np.rint(chunk.samples.T.astype(np.float64) * STEPS_PER_MV).astype(np.int64),
            fmt=["16"] * n_leads,
            adc_gain=[STEPS_PER_MV] * n_leads,
            baseline=[0] * n_leads,
            comments=["synthetic 12-lead ECG, no patient"],
            write_dir=where,
        )
        samples, symbols, notes = _annotations(known)
        if symbols:
            wfdb.wrann(path.name, "atr", samples, symbols, aux_note=notes, fs=patient.fs_hz, write_dir=where)
    except OSError as error:
        raise ConfigurationError(f"cannot write record {path}: {error.strerror or error}") from None


def _annotations(known: Truth) -> tuple[np.ndarray[tuple[int], np.dtype[np.int64]], list[str], list[str]]:
    """Rhythm changes and beats in the order of time."""
    rhythms = [(rhythm.onset, "+", RHYTHM_CODES[rhythm.name]) for rhythm in known.rhythms]
    beats = [(beat.sample, beat.symbol, "") for beat in known.beats]
    entries = sorted([*rhythms, *beats], key=lambda entry: entry[0])
    samples = np.array([entry[0] for entry in entries], np.int64)
    return samples, [entry[1] for entry in entries], [entry[2] for entry in entries]
