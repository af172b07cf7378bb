from engine.beatclass import BeatClasses
from engine.beats import Beats
from engine.quality import Quality
from engine.rhythm.history import History
from engine.rhythm.rhythm import Rhythm, follow
from engine.window import Window


class RhythmWatch:
    """What is remembered of one bed's beats from window to window."""

    def __init__(self) -> None:
        self._history = History.empty()

    def reset(self) -> None:
        """Forget everything: another patient, or samples counted anew."""
        self._history = History.empty()

    def follow(self, window: Window, quality: Quality, beats: Beats) -> tuple[BeatClasses, Rhythm]:
        """Class the beats of the next window and judge its rhythm."""
        classes = BeatClasses.unknown(beats.r_peaks)
        rhythm, self._history = follow(window, quality, classes, self._history)
        return classes, rhythm
