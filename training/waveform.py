"""A WFDB record as the 12 leads in millivolts; what is no ECG in millivolts is refused with the reason."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
import wfdb
from rich.console import Console

from engine.arrays import F32
from engine.errors import LeadError, RecordError
from engine.grid import MAX_SOURCE_HZ, MIN_SOURCE_HZ
from engine.leads import LEADS, LeadMap

MOST_MV: Final = 20.0
"""No heart moves a lead this far from its median for half of the time; a wrong gain does."""

_MILLIVOLTS: Final = {"v": 1e3, "mv": 1.0, "uv": 1e-3, "µv": 1e-3, "nv": 1e-6}
_SHOWN: Final = 10
_FETCH: Final = "(`ecg-monitor data fetch ptbxl`)"


def read_waveform(path: Path) -> tuple[F32, float]:
    """(12, n) float32 in mV, NaN where missing, and the rate in Hz; `path` is without extension."""
    try:
        record = wfdb.rdrecord(str(path))
    except FileNotFoundError as error:
        missing = Path(error.filename or path).name
        raise RecordError(f"{path} cannot be read: {missing} is missing; fetch it {_FETCH}") from error
    except Exception as error:  # wfdb raises whatever a damaged file makes it stumble over
        raise RecordError(
            f"{path} cannot be read as a WFDB record ({error}): fetch it again {_FETCH}"
        ) from error
    try:
        lead_map = LeadMap.from_names(record.sig_name)
    except LeadError as error:
        raise RecordError(f"{path}: {error}") from error
    leads = lead_map.apply(_in_millivolts(path, record))
    _check_amplitude(path, leads)
    return leads, _rate_hz(path, record)


def _in_millivolts(path: Path, record: Any) -> F32:
    if record.p_signal is None or not record.p_signal.size:
        raise RecordError(f"{path} holds no samples: fetch it again {_FETCH}")
    if unknown := sorted({unit for unit in record.units if unit.lower() not in _MILLIVOLTS}):
        raise RecordError(
            f"{path} is in {', '.join(unknown)}, which is no voltage, and the model needs millivolts: use "
            "the original recording"
        )
    return np.asarray(record.p_signal * [_MILLIVOLTS[unit.lower()] for unit in record.units], np.float32).T


def _check_amplitude(path: Path, leads: F32) -> None:
    for lead, samples in zip(LEADS, leads, strict=True):
        known = samples[np.isfinite(samples)]
        spread_mv = float(np.median(np.abs(known - np.median(known)))) if known.size else 0.0
        if spread_mv > MOST_MV:
            raise RecordError(
                f"{path}: lead {lead} is {spread_mv:g} mV from its median for half of the time, which no "
                "heart does: correct the gain in its header"
            )


def _rate_hz(path: Path, record: Any) -> float:
    fs_hz = float(record.fs)
    if not MIN_SOURCE_HZ <= fs_hz <= MAX_SOURCE_HZ:
        raise RecordError(
            f"{path} states a sampling rate of {fs_hz:g} Hz ({MIN_SOURCE_HZ} to {MAX_SOURCE_HZ} Hz can be "
            "used): correct its header, or resample it"
        )
    return fs_hz


def print_faults(faults: Sequence[str], console: Console) -> None:
    """Say which records could not be read and why: the first few in full, how many in all."""
    for fault in faults[:_SHOWN]:
        console.print(fault, markup=False, highlight=False, soft_wrap=True)
    if faults:
        more = f", {len(faults) - _SHOWN} of them not shown" if len(faults) > _SHOWN else ""
        records = "record" if len(faults) == 1 else "records"
        console.print(f"{len(faults)} {records} could not be read{more}", highlight=False)
