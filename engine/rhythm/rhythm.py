from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from engine.beatclass import BeatClass, BeatClasses
from engine.grid import FS_HZ
from engine.quality import Quality
from engine.rhythm.fibrillation import Waves, find_waves
from engine.rhythm.history import History
from engine.rhythm.irregularity import Irregularity, judge_irregularity
from engine.rhythm.ventricular import Run, n_ventricular, newest_run, pattern
from engine.signals import Signals

MIN_RUN: Final = 3
"""Ventricular beats in a row that are called a run."""
RECENT_S: Final = 5.0
"""A pause or a run that ended longer ago is over."""


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
    later = [
        history.followed(window, quality, beats)
        for window, quality, beats, history in zip(
            signals.windows, qualities, classes, histories, strict=True
        )
    ]
    ends = [window.end_sample for window in signals.windows]
    of_beds = zip(later, ends, classes, find_waves(signals, qualities), strict=True)
    return [_rhythm(*of) for of in of_beds], later


def _rhythm(history: History, end: int, classes: BeatClasses, waves: Waves) -> Rhythm:
    run = newest_run(history, MIN_RUN)
    pause_s, pause_sample = _longest(history, end)
    return Rhythm(
        waves=waves,
        irregularity=judge_irregularity(history, end),
        run=run if run is not None and run.last_sample >= end - round(RECENT_S * FS_HZ) else None,
        pause_s=pause_s,
        pause_sample=pause_sample,
        pvc_per_min=n_ventricular(history, end),
        pattern=pattern(history, end),
        paced=bool(classes.klass.size) and bool((classes.klass == BeatClass.PACED).mean() > 0.5),
    )


def _longest(history: History, end_sample: int) -> tuple[float | None, int]:
    recent = history.r_peaks >= end_sample - round(RECENT_S * FS_HZ)
    rr_s = history.rr_s
    whole = recent & history.whole
    if not whole.any():
        return None, end_sample
    places = whole.nonzero()[0]
    longest = int(places[rr_s[places].argmax()])
    return float(rr_s[longest]), int(history.r_peaks[longest - 1])
