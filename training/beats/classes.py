"""Figures of R peaks and beat classes on annotated records, after EC57."""

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from engine.beatclass import BeatClass
from engine.grid import FS_HZ
from training.beats.ec57 import CLASS_OF, LEARNING_S, Tally, average, gross, pair
from training.beats.live import LiveBeats
from training.beats.recordings import Recording


@dataclass(frozen=True, slots=True)
class RecordFigures:
    """One record."""

    record: str
    r_peaks: Tally
    ventricular: Tally
    supraventricular: Tally
    fusion_as_ventricular: int
    """Fusion beats called ventricular: EC57 counts them neither for nor against."""
    unknown: int
    """Beats found that were not judged."""


def compare(recording: Recording, found: LiveBeats, from_s: float = LEARNING_S) -> RecordFigures:
    """Compare beat by beat, from the end of the learning period on."""
    true = recording.judged(recording.truth_s, from_s)
    times_s = found.r_peaks / FS_HZ
    mine = recording.judged(times_s, from_s)
    klass = found.klass[mine]
    symbols = np.array([CLASS_OF[symbol] for symbol in recording.symbols[true]], dtype="U1")
    of_truth, of_found = pair(recording.truth_s[true], times_s[mine])
    hits = int((of_truth >= 0).sum())
    label = np.where(of_found >= 0, symbols[of_found] if symbols.size else "-", "-")
    return RecordFigures(
        recording.name,
        Tally(hits, int(true.sum()) - hits, int(mine.sum()) - hits),
        _tally(klass == BeatClass.VENTRICULAR, label, symbols, "V", "FQ"),
        _tally(klass == BeatClass.SUPRAVENTRICULAR, label, symbols, "S", "Q"),
        int(((klass == BeatClass.VENTRICULAR) & (label == "F")).sum()),
        int((klass == BeatClass.UNKNOWN).sum()),
    )


def _tally(called: Any, label: Any, symbols: Any, kind: str, ignored: str) -> Tally:
    """Beats of one class; calling an ignored one so is no fault."""
    hits = int((called & (label == kind)).sum())
    false = int((called & ~np.isin(label, [kind, *ignored])).sum())
    return Tally(hits, int((symbols == kind).sum()) - hits, false)


def summary(records: list[RecordFigures]) -> dict[str, Any]:
    """Gross and average figures over records, ready for JSON."""
    return {
        what: _both([getattr(one, what) for one in records])
        for what in ("r_peaks", "ventricular", "supraventricular")
    }


def _both(tallies: list[Tally]) -> dict[str, Any]:
    total = gross(tallies)
    return {
        **asdict(total),
        "sensitivity": total.sensitivity,
        "predictivity": total.predictivity,
        "f1": total.f1,
        "average_sensitivity": average(one.sensitivity for one in tallies),
        "average_predictivity": average(one.predictivity for one in tallies),
    }
