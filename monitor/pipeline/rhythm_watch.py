import numpy as np

from engine.arrays import frozen
from engine.beatclass import BeatClasses
from engine.beats import Beats
from engine.delineation.delineate import delineate
from engine.quality import Quality
from engine.rhythm.history import History
from engine.rhythm.rhythm import Rhythm, follow
from engine.window import Window


class RhythmWatch:
    """What is remembered of one bed's beats from window to window."""

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """Forget everything: another patient, or samples counted anew."""
        self._history = History.empty()

    def follow(self, window: Window, quality: Quality, beats: Beats) -> tuple[BeatClasses, Rhythm]:
        """Class the beats of the next window and judge its rhythm."""
        delineation = delineate(window, quality, beats)
        unknown = BeatClasses.unknown(beats.r_peaks)
        p_wave = frozen(np.clip(delineation.p_coherence, 0, 1))
        classes = BeatClasses(beats.r_peaks, unknown.klass, unknown.qrs_ms, p_wave)
        rhythm, self._history = follow(window, quality, classes, self._history)
        return classes, rhythm
