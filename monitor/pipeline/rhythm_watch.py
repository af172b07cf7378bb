from engine.beats import Beats
from engine.classify.classify import classify
from engine.classify.memory import BeatMemory
from engine.delineation.delineate import delineate
from engine.intervals import measure_intervals
from engine.quality import Quality
from engine.rhythm.history import History
from engine.rhythm.rhythm import Rhythm, follow
from engine.stchange import StChange, StMemory, follow_st
from engine.window import Window


class RhythmWatch:
    """What is remembered of one bed's beats from window to window."""

    def __init__(self) -> None:
        self.failing: str | None = None
        """Why the last window's rhythm is not known; None while it is."""
        self.reset()

    def reset(self) -> None:
        """Forget everything: another patient, or samples counted anew."""
        self.st: StChange | None = None
        """ST levels of the newest window against the patient's own."""
        self._history = History.empty()
        self._beats = BeatMemory.empty()
        self._levels = StMemory.empty()

    def follow(self, window: Window, quality: Quality, beats: Beats) -> Rhythm | None:
        """Class the beats of the next window, judge its rhythm and compare its ST levels; None if that fails,
        which must not take the other alarms of this bed, or any of another, with it.
        """
        try:
            rhythm = self._follow(window, quality, beats)
        except Exception as error:  # whatever an odd signal provokes; it becomes an alarm
            self.failing = f"{type(error).__name__}: {error}".splitlines()[0]
            self.reset()
            return None
        self.failing = None
        return rhythm

    def _follow(self, window: Window, quality: Quality, beats: Beats) -> Rhythm:
        delineation = delineate(window, quality, beats)
        classes, self._beats = classify(window, quality, beats, delineation, self._beats)
        rhythm, self._history = follow(window, quality, classes, self._history)
        intervals = measure_intervals(window, delineation, classes)
        self.st, self._levels = follow_st(intervals.st_mv, self._levels)
        return rhythm
