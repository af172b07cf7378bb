from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import numpy as np

from engine.beatclass import BeatClass, BeatClasses
from engine.grid import FS_HZ
from engine.quality import Quality
from engine.rhythm.fibrillation import Waves, find_waves
from engine.rhythm.history import History
from engine.rhythm.irregularity import Irregularity, judge_irregularity
from engine.rhythm.ventricular import Run, n_ventricular, newest_run, pattern
from engine.sight import blind_before
from engine.signals import Signals

MIN_RUN: Final = 3
"""Ventricular beats in a row that are called a run."""
RECENT_S: Final = 5.0
"""A pause or a run that ended longer ago is over."""
FIRST_S: Final = 8.0
"""Beats known for less than this are too few to tell what is the patient's own: no run is called yet."""
_PACED: Final = int(BeatClass.PACED)


@dataclass(frozen=True, slots=True)
class Rhythm:
    """What the newest window says of the rhythm, with the minute before it in mind."""

    waves: Waves
    irregularity: Irregularity
    run: Run | None
    """The newest row of at least three ventricular beats that ended in the last seconds."""
    pause_s: float | None
    """Longest whole RR interval that ended in the last seconds."""
    pause_sample: int
    """The beat before it, absolute."""
    pvc_per_min: int
    """Ventricular beats in the last minute."""
    pattern: str
    """`bigeminy`, `trigeminy` or empty."""
    paced: bool
    """Most beats follow a pacing spike."""

    @property
    def label(self) -> str:
        """Name what stands out, gravest first; empty where nothing does."""
        run = self.run is not None and self.run.is_tachycardia
        named = (
            (self.waves.fibrillation, "V fib/flutter"),
            (self.waves.tachycardia or run, "V tach"),
            (self.irregularity.found, "irregular, AF?"),
            (bool(self.pattern), self.pattern),
            (self.paced, "paced"),
        )
        return next((name for holds, name in named if holds), "")


def follow(
    signals: Signals,
    qualities: Sequence[Quality],
    classes: Sequence[BeatClasses],
    histories: Sequence[History],
) -> tuple[list[Rhythm], list[History]]:
    """Judge the rhythm of different beds after one more window of each.

    Parameters
    ----------
    signals : Signals
        The newest windows.
    qualities : sequence of Quality
        Which of their leads are assessable.
    classes : sequence of BeatClasses
        Their beats.
    histories : sequence of History
        What is remembered from the windows before; `History.empty()` at first.

    Returns
    -------
    list of Rhythm
        What each window says.
    list of History
        To be given with the next ones.
    """
    ends = [window.end_sample for window in signals.windows]
    waves = find_waves(signals, qualities)
    seen = zip(histories, ends, classes, blind_before(signals, qualities), waves, strict=True)
    later = [history.followed(end, beats, blind, one.found) for history, end, beats, blind, one in seen]
    of_beds = zip(later, ends, classes, waves, strict=True)
    return [_rhythm(*of) for of in of_beds], later


def _rhythm(history: History, end: int, classes: BeatClasses, waves: Waves) -> Rhythm:
    recent = history.since(end - round(RECENT_S * FS_HZ))
    pause_s, pause_sample = _longest(history, recent.r_peaks.size, end)
    pvc_per_min = n_ventricular(history, end)
    return Rhythm(
        waves=waves,
        irregularity=judge_irregularity(history, end),
        run=_recent_run(history, recent, end) if pvc_per_min else None,
        pause_s=pause_s,
        pause_sample=pause_sample,
        pvc_per_min=pvc_per_min,
        pattern=pattern(history, end) if pvc_per_min else "",
        paced=bool(2 * np.count_nonzero(classes.klass == _PACED) > classes.klass.size),
    )


def _recent_run(history: History, recent: History, end: int) -> Run | None:
    """The newest run, if it ended within what is recent; none while too few beats were seen to compare."""
    if not recent.ventricular.any() or history.r_peaks[0] > end - round(FIRST_S * FS_HZ):
        return None
    run = newest_run(history, MIN_RUN)
    return run if run is not None and run.last_sample >= recent.r_peaks[0] else None


def _longest(history: History, n_recent: int, end_sample: int) -> tuple[float | None, int]:
    """The longest whole interval before one of the newest beats, and the beat before it."""
    first = max(history.r_peaks.size - n_recent, 1)
    peaks, whole = history.r_peaks[first - 1 :].tolist(), history.whole[first:].tolist()
    intervals = [(b - a, -a) for (a, b), known in zip(pairwise(peaks), whole, strict=True) if known]
    if not intervals:
        return None, end_sample
    longest, before = max(intervals)
    return longest / FS_HZ, -before
