"""MIT-BIH as it is: which records choose, which report, and what their beats are."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import wfdb

from engine.arrays import F32, I64, Bools, frozen
from engine.errors import RecordError
from engine.grid import FS_HZ
from engine.leads import LeadMap
from engine.resample import resample_whole

CHOOSE: Final = ("101", "109", "115", "116", "118", "119", "122", "124", "201", "208", "220")
REPORT: Final = ("106", "108", "112", "114", "203", "205", "207", "209", "215", "223", "230")
"""Set DS1 of de Chazal et al. 2004 without paced records, by patient, in two halves with 1,844 and 1,839
ventricular beats. Records 119 and 208 were looked at when the map was made, so they belong to the choice."""

CLASSES: Final = {
    **dict.fromkeys("Nej", "N"),
    **dict.fromkeys("LR", "B"),
    **dict.fromkeys("AaJS", "S"),
    **dict.fromkeys("VE", "V"),
    "F": "F",
}
"""Beat classes of ANSI/AAMI EC57, but for bundle branch block (B), which EC57 calls normal: it may be normal
for the patient, yet it is no normal ECG. What is not named (paced, unclassifiable, flutter) is left out."""


@dataclass(frozen=True, slots=True, eq=False)
class Recording:
    """Half an hour of two leads on the engine's grid."""

    name: str
    x: F32
    """(12, n) mV, 0 where not valid."""
    valid: Bools
    present: Bools
    samples: I64
    """(k,) R peaks (as annotated) at `FS_HZ`."""
    kinds: tuple[str, ...]
    """Class of each beat: N, B, S, V, F, or "" if it has none."""


def read_recording(folder: Path, name: str, minutes: float) -> Recording:
    """Read the first minutes of a record, and their beats."""
    path = str(folder / name)
    try:
        header = wfdb.rdheader(path)
        end = min(int(header.sig_len), round(minutes * 60 * header.fs))
        record, beats = wfdb.rdrecord(path, sampto=end), wfdb.rdann(path, "atr", sampto=end)
    except (OSError, ValueError, IndexError) as error:
        raise RecordError(f"{path} cannot be read as an annotated WFDB record: {error}") from error
    lead_map = LeadMap.from_names(record.sig_name)
    samples = np.asarray(record.p_signal, np.float32).T
    y, valid = resample_whole(np.nan_to_num(samples), np.isfinite(samples), float(record.fs))
    leads = lead_map.apply(np.where(valid, y, np.float32(np.nan)))
    is_beat = np.isin(beats.symbol, [*CLASSES, "/", "f", "Q", "!"])
    return Recording(
        name,
        frozen(np.nan_to_num(leads)),
        frozen(np.isfinite(leads)),
        lead_map.present,
        np.rint(beats.sample[is_beat] * (FS_HZ / record.fs)).astype(np.int64),
        tuple(CLASSES.get(beats.symbol[i], "") for i in np.flatnonzero(is_beat)),
    )
