"""LUDB: diagnoses that name a wall of the heart, and where every wave lies in every lead."""

import csv
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import wfdb

from engine.arrays import Bools, frozen
from engine.errors import ConfigurationError, RecordError
from engine.grid import FS_HZ, WINDOW_N
from engine.leads import LEADS, N_LEADS, LeadMap
from engine.window import Window
from training.dataset import window_of

WALLS: Final = {
    "anterior": ("V2", "V3", "V4"),
    "septal": ("V1", "V2"),
    "apical": ("V3", "V4", "V5"),
    "lateral": ("I", "aVL", "V5", "V6"),
    "inferior": ("II", "III", "aVF"),
}
"""Leads that look at a wall; the posterior wall has none among the 12."""

GROUPS: Final = {
    "infarct or ischemia": "Ischemia",
    "repolarization": "Non-specific repolarization abnormalities",
    "conduction": "Conduction abnormalities",
    "hypertrophy": "Hypertrophies",
    "extrasystoles": "Extrasystolies",
    "pacing": "Cardiac pacing",
}
"""Group of findings -> column of the table."""
_SINUS: Final = ("Sinus rhythm", "Sinus bradycardia", "Sinus tachycardia", "Sinus arrhythmia")

WAVES: Final = ("P", "QRS", "ST-T")
_SYMBOLS: Final = {"p": "P", "N": "QRS", "t": "ST-T"}


@dataclass(frozen=True, slots=True, eq=False)
class LudbRecord:
    """One record, its findings and its waves."""

    name: str
    window: Window
    groups: frozenset[str]
    """Findings; none at all in sinus rhythm is normal."""
    normal: bool
    wall_leads: Bools
    """(12,) leads that look at a wall which the diagnosis of ischemia, infarct or repolarization names."""
    waves: dict[str, Bools]
    """(12, WINDOW_N) for each of `WAVES`."""
    delineated: Bools
    """(12, WINDOW_N): from the first to the last wave of a lead that was annotated."""


def read_ludb(folder: Path) -> list[LudbRecord]:
    """Every record of the table, in its order."""
    table = folder / "ludb.csv"
    try:
        with table.open(newline="", encoding="utf-8-sig") as lines:
            rows = list(csv.DictReader(lines))
    except OSError as error:
        raise ConfigurationError(f"no LUDB at {folder} ({error.strerror}: {table.name})") from error
    return [_read(folder / "data" / row["ID"].strip(), row) for row in rows]


def _read(path: Path, row: dict[str, str]) -> LudbRecord:
    try:
        record = wfdb.rdrecord(str(path))
        marks = {LEADS.index(lead): _marks(path, lead) for lead in LEADS}
    except (OSError, ValueError, IndexError) as error:
        raise RecordError(f"{path} cannot be read as a record of LUDB: {error}") from error
    samples = np.asarray(record.p_signal, np.float32).T
    window = window_of(LeadMap.from_names(record.sig_name).apply(samples), float(record.fs))
    groups = frozenset(group for group, column in GROUPS.items() if row[column].strip())
    rhythm = row["Rhythms"].strip()
    other = bool(row["Other states"].strip())
    waves = {wave: np.zeros((N_LEADS, WINDOW_N), np.bool_) for wave in WAVES}
    delineated = np.zeros((N_LEADS, WINDOW_N), np.bool_)
    for lead, found in marks.items():
        for wave, onset, offset in found:
            waves[wave][lead, onset:offset] = True
        if found:
            delineated[lead, found[0][1] : found[-1][2]] = True
    named = " ".join(row[GROUPS[group]] for group in ("infarct or ischemia", "repolarization"))
    return LudbRecord(
        path.name,
        window,
        groups,
        not groups and not other and rhythm.split("\n")[0].strip() in _SINUS,
        wall_leads(named),
        {wave: frozen(mask) for wave, mask in waves.items()},
        frozen(delineated),
    )


def wall_leads(diagnosis: str) -> Bools:
    """(12,) leads of all walls that a diagnosis names."""
    named = {lead for wall, leads in WALLS.items() if wall in diagnosis.lower() for lead in leads}
    return np.array([lead in named for lead in LEADS])


def _marks(path: Path, lead: str) -> list[tuple[str, int, int]]:
    """(wave, onset, offset) at `FS_HZ`, in order; a T wave begins where its QRS complex ends."""
    found = wfdb.rdann(str(path), lead.lower())
    at = np.rint(found.sample * (FS_HZ / 500)).astype(int)
    marks: list[tuple[str, int, int]] = []
    for i, symbol in enumerate(found.symbol):
        if symbol in _SYMBOLS and 0 < i < len(at) - 1:
            wave, onset = _SYMBOLS[symbol], int(at[i - 1])
            if wave == "ST-T" and marks and marks[-1][0] == "QRS":
                onset = marks[-1][2]
            marks.append((wave, onset, int(at[i + 1])))
    return marks
