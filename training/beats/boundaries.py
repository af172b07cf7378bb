"""How far delineators lie from the annotators of LUDB, next to the tolerances of the CSE."""

from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from typing import Any, Final

import numpy as np

from engine.arrays import F32
from engine.delineation.delineate import delineation_of
from engine.delineation.delineation import N_MARKS, Mark
from engine.errors import ConfigurationError
from engine.grid import FS_HZ
from engine.leads import N_LEADS
from training.beats.ludb import SAME_BEAT_MS, Drawn

BOUNDARIES: Final = {
    "P onset": Mark.P_ONSET,
    "P offset": Mark.P_OFFSET,
    "QRS onset": Mark.QRS_ONSET,
    "QRS offset": Mark.QRS_OFFSET,
    "T onset": Mark.T_ONSET,
    "T offset": Mark.T_OFFSET,
}
CSE_MS: Final = {
    "P onset": 10.2,
    "P offset": 12.7,
    "QRS onset": 6.5,
    "QRS offset": 11.6,
    "T offset": 30.6,
}
"""Two standard deviations between referees, the CSE working party's tolerance for one deviation of a program
(Comput. Biomed. Res. 18, 1985); it has none for the T onset."""
_NEUROKIT: Final = {
    "ECG_P_Onsets": Mark.P_ONSET,
    "ECG_P_Offsets": Mark.P_OFFSET,
    "ECG_R_Onsets": Mark.QRS_ONSET,
    "ECG_R_Offsets": Mark.QRS_OFFSET,
    "ECG_T_Onsets": Mark.T_ONSET,
    "ECG_T_Offsets": Mark.T_OFFSET,
}

Delineator = Callable[[Drawn], F32]
"""(9, 12, n) ms from the R peaks of the record's beats; NaN where nothing is marked."""


@dataclass(frozen=True, slots=True)
class BoundaryFigures:
    """Differences from the annotators at one kind of boundary, all leads and beats."""

    n_annotated: int
    sensitivity: float
    """Share of the annotated boundaries for which there is a mark within 150 ms."""
    mean_ms: float
    sd_ms: float
    """Of the marks within 150 ms, positive when late."""
    false: int
    """Marks on beats of a lead that the annotators gave none; they leave out the first and last beats."""


def own(drawn: Drawn) -> F32:
    """The monitor's marks."""
    return delineation_of(drawn.window, drawn.quality, drawn.beats).marks_ms


def neurokit(drawn: Drawn) -> F32:
    """Marks of neurokit2's wavelet delineator on the recorded signal, given the same R peaks."""
    nk = import_neurokit()
    marks_ms = np.full((N_MARKS, N_LEADS, drawn.beats.r_peaks.size), np.nan, np.float32)
    r_ms = drawn.beats.r_peaks * (1000 / FS_HZ)
    r_peaks = np.rint(r_ms * drawn.fs_hz / 1000).astype(int)
    for lead, signal in enumerate(drawn.signal):
        try:
            clean = nk.ecg_clean(signal, sampling_rate=drawn.fs_hz)
            _, waves = nk.ecg_delineate(clean, r_peaks, sampling_rate=drawn.fs_hz, method="dwt")
        except (IndexError, ValueError, ZeroDivisionError, TypeError):
            continue  # it has no answer for this lead: missed
        for name, mark in _NEUROKIT.items():
            for at in np.asarray(waves.get(name, []), float) / drawn.fs_hz * 1000:
                distance_ms = at - r_ms
                beat = _beat_of(distance_ms, mark)
                if beat is not None:
                    marks_ms[mark, lead, beat] = distance_ms[beat]
    return marks_ms


def _beat_of(distance_ms: Any, mark: Mark) -> int | None:
    """The beat that a mark belongs to: the next one for a P wave, the last one for a T wave."""
    if mark in (Mark.QRS_ONSET, Mark.QRS_OFFSET):
        belongs = np.abs(distance_ms) < 2 * SAME_BEAT_MS
    else:
        belongs = (distance_ms < 0) if mark < Mark.QRS_ONSET else (distance_ms > 0)
    if not np.isfinite(distance_ms).all() or not belongs.any():
        return None
    return int(np.where(belongs, np.abs(distance_ms), np.inf).argmin())


def import_neurokit() -> Any:
    """neurokit2, which only this comparison needs."""
    try:
        import neurokit2  # type: ignore[import-untyped,unused-ignore]
    except ImportError:
        raise ConfigurationError(
            "neurokit2 is not installed: `pip install neurokit2`, or leave its side out with --no-neurokit"
        ) from None
    return neurokit2


def measure(records: Iterable[Drawn], delineators: dict[str, Delineator]) -> dict[str, Any]:
    """Figures of each delineator at each boundary, ready for JSON."""
    found: dict[str, list[F32]] = {name: [] for name in delineators}
    truth = []
    for drawn in records:
        truth.append(drawn.marks_ms)
        for name, delineator in delineators.items():
            found[name].append(delineator(drawn))
    annotated = np.concatenate(truth, axis=2)
    return {
        name: {
            boundary: asdict(figures(np.concatenate(marks, axis=2)[mark], annotated[mark]))
            for boundary, mark in BOUNDARIES.items()
        }
        for name, marks in found.items()
    }


def figures(found_ms: F32, annotated_ms: F32) -> BoundaryFigures:
    """Compare one kind of boundary."""
    true = np.isfinite(annotated_ms)
    difference_ms = (found_ms - annotated_ms)[true]
    near = np.abs(difference_ms) <= SAME_BEAT_MS  # NaN is not
    hits = difference_ms[near].astype(np.float64)
    return BoundaryFigures(
        n_annotated=int(true.sum()),
        sensitivity=float(near.mean()) if near.size else float("nan"),
        mean_ms=float(hits.mean()) if hits.size else float("nan"),
        sd_ms=float(hits.std()) if hits.size else float("nan"),
        false=int((np.isfinite(found_ms) & ~true).sum()),
    )
