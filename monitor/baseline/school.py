"""Lessons until there are enough of them."""

from typing import Final
from zlib import crc32

from engine.grid import FS_HZ, WINDOW_N, WINDOW_S
from engine.patient.kept_lesson import KeptLesson
from monitor.baseline.lessons import Lessons

LEARN_S: Final = 300.0
"""Assessed signal that a baseline is learned from, at least."""
APART_S: Final = 30
"""Beds learn from up to so much more, each from as much as its name says ..."""
TURNS: Final = 2
"""... and then learn at once, or after a wait as long: in so many turns. Those that began together do not all
learn in the same second, and what they wait for changes nothing of what they learn."""
AGAIN_S: Final = 60.0
"""Where it could not be learned, it is tried again after so much more."""
WITHIN_S: Final = 900.0
"""What is learned from lies within this time."""


class School:
    """Lessons of one patient, in order; as many as a baseline needs, none of them old."""

    def __init__(self, begin_sample: int = 0, bed: str = "") -> None:
        turn, more_s = divmod(crc32(bed.encode()), APART_S)
        self.learn_s = LEARN_S + more_s
        """Signal that this bed learns from: the same at every replay."""
        self.begin_sample = begin_sample
        """Windows that begin earlier hold somebody else's signal."""
        self.seconds = 0.0
        """Signal in the lessons."""
        self.has_failed = False
        self.taught_upto = begin_sample - WINDOW_N
        """R peak of the last beat that a lesson held."""
        self._lessons = Lessons()
        self._last_end: int | None = None
        self._again_s = 0.0
        self._turn_s = float(turn % TURNS * APART_S)

    @property
    def lessons(self) -> tuple[KeptLesson, ...]:
        """Lessons so far."""
        return tuple(lesson for _, lesson in self._lessons)

    @property
    def is_complete(self) -> bool:
        """Whether there is enough to learn from."""
        return self.seconds >= self.learn_s and self._again_s <= 0

    @property
    def is_ready(self) -> bool:
        """Whether there is, and it is this bed's turn."""
        return self.is_complete and self._turn_s <= 0

    def is_ready_at(self, end_sample: int) -> bool:
        """Whether it would be, after a window that ends there."""
        new_s = self._new_s(end_sample)
        if self.is_complete:
            return self._turn_s <= new_s
        return self.seconds + new_s >= self.learn_s and self._again_s <= new_s and self._turn_s <= 0

    def wait(self, end_sample: int) -> None:
        """Let a window pass: there are lessons enough."""
        self._turn_s -= self._new_s(end_sample)
        self._last_end = end_sample

    def add(self, lesson: KeptLesson) -> None:
        """Take one more; those that lie too long back are let go."""
        new_s = self._new_s(lesson.end_sample)
        self._last_end = lesson.end_sample
        self._lessons.append(new_s, lesson)
        self.seconds += new_s
        self._again_s -= new_s
        if lesson.r_samples:
            self.taught_upto = lesson.r_samples[-1]
        for passed_s, _ in self._lessons.pop_before(lesson.end_sample - round(WITHIN_S * FS_HZ)):
            self.seconds -= passed_s

    def _new_s(self, end_sample: int) -> float:
        """Signal of a window that no former one held."""
        last_end = end_sample - WINDOW_N if self._last_end is None else self._last_end
        return min((end_sample - last_end) / FS_HZ, float(WINDOW_S))

    def fail(self) -> None:
        """Nothing could be learned: try again after more signal."""
        self.has_failed, self._again_s = True, AGAIN_S
