"""Annotated long recordings, as the monitor would have met them: ten seconds at every hop."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from engine.arrays import F32, F64, Bools
from engine.beats import Beats, find_beats
from engine.errors import ConfigurationError, RecordError
from engine.grid import FS_HZ, WINDOW_N
from engine.leads import N_LEADS, LeadMap
from engine.quality import Quality, assess_quality
from engine.resample import resample_whole
from engine.signals import condition
from engine.window import Window

HOP_S: Final = 1
PACED: Final = ("107", "217")
"""Records of patients with a pacemaker, which EC57 leaves out of the figures."""
FLUTTER_MARGIN_S: Final = 0.4
_BATCH: Final = 16


@dataclass(frozen=True, slots=True, eq=False)
class Recording:
    """One record on the monitor's grid."""

    name: str
    x: F32
    """(12, n) mV."""
    valid: Bools
    present: Bools
    truth_s: F64
    """(m,) annotated beats outside of ventricular flutter, which EC57 does not judge beat by beat."""
    symbols: NDArray[Any]
    """(m,) their MIT-BIH codes."""
    flutter_s: tuple[tuple[float, float], ...]

    @property
    def length_s(self) -> float:
        """Duration in seconds."""
        return int(self.x.shape[1]) / FS_HZ

    def windows(self, hop_s: int = HOP_S) -> Iterator[tuple[Window, Quality, Beats]]:
        """What the pipeline sees at each hop."""
        attached = np.zeros(N_LEADS, np.bool_)
        ends = iter(range(WINDOW_N, self.x.shape[1] + 1, hop_s * FS_HZ))
        while some := list(islice(ends, _BATCH)):
            cuts = [(end, slice(end - WINDOW_N, end)) for end in some]
            windows = [
                Window(self.name, end, self.x[:, cut], self.valid[:, cut], self.present, attached)
                for end, cut in cuts
            ]
            signals = condition(windows)
            qualities = assess_quality(signals)
            yield from zip(windows, qualities, find_beats(signals, qualities), strict=True)

    def judged(self, times_s: F64, from_s: float) -> Bools:
        """Times that count: after `from_s`, away from the ends and from ventricular flutter."""
        inside = (times_s >= from_s) & (times_s < self.length_s - 3.0)
        for start_s, end_s in self.flutter_s:
            inside &= (times_s < start_s - FLUTTER_MARGIN_S) | (times_s > end_s + FLUTTER_MARGIN_S)
        return inside


def data_root(given: Path | None) -> Path:
    """Folder that holds `mitdb/`, `nstdb/` and `ludb/`."""
    root = given or Path(os.environ.get("ECG_MONITOR_DATA", "../shared/data"))
    if not root.is_dir():
        raise ConfigurationError(
            f"no recordings at {root}: name the folder that holds mitdb/, nstdb/ and ludb/ with --data or "
            "ECG_MONITOR_DATA"
        )
    return root


def names_of(folder: Path) -> list[str]:
    """Records of a folder."""
    names = sorted((path.stem for path in folder.glob("*.hea")), key=lambda name: (len(name), name))
    if not names:
        raise RecordError(f"no records (*.hea) in {folder}: check --data")
    return names


def read_recording(folder: Path, name: str) -> Recording:
    """Read one record with its beats."""
    import wfdb  # takes a second to import

    try:
        record = wfdb.rdrecord(str(folder / name))
        notes = wfdb.rdann(str(folder / name), "atr")
    except (OSError, ValueError) as error:
        raise RecordError(f"cannot read {folder / name}: {error}; check that the file is whole") from None
    lead_map = LeadMap.from_names(record.sig_name)
    signal = lead_map.apply(record.p_signal.T.astype(np.float32))
    x, valid = resample_whole(signal, np.isfinite(signal), record.fs)
    at_s, symbols = notes.sample / record.fs, np.array(notes.symbol)
    starts, ends = at_s[symbols == "["], at_s[symbols == "]"]
    beats = np.isin(symbols, list("NLRejBnAaJSVErF/fQ?"))
    return Recording(
        name, x, valid, lead_map.present, at_s[beats], symbols[beats], tuple(zip(starts, ends, strict=False))
    )
