"""Lessons until there are enough of them."""

from collections import deque
from typing import Final
from zlib import crc32

from engine.grid import FS_HZ, WINDOW_N, WINDOW_S
from engine.patient.lesson import Lesson

LEARN_S: Final = 300.0
"""Assessed signal that a baseline is learned from, at least."""
APART_S: Final = 30
"""Beds learn at moments up to so far apart: those that began together do not all learn in the same second."""
AGAIN_S: Final = 60.0
"""Where it could not be learned, it is tried again after so much more."""
WITHIN_S: Final = 900.0
"""What is learned from lies within this time."""


class School:
    """Lessons of one patient, in order; as many as a baseline needs, none of them old."""

    def __init__(self, begin_sample: int = 0, bed: str = "") -> None:
        self.learn_s = LEARN_S + crc32(bed.encode()) % APART_S
        """Signal that this bed learns from: the same at every replay."""
        self.begin_sample = begin_sample
        """Windows that begin earlier hold somebody else's signal."""
        self.seconds = 0.0
        """Signal in the lessons."""
        self.has_failed = False
        self.taught_upto = begin_sample - WINDOW_N
        """R peak of the last beat that a lesson held."""
        self._lessons: deque[tuple[float, Lesson]] = deque()
        self._wait_s = 0.0

    @property
    def lessons(self) -> tuple[Lesson, ...]:
        """Lessons so far."""
        return tuple(lesson for _, lesson in self._lessons)

    @property
    def is_ready(self) -> bool:
        """Whether there is enough to learn from."""
        return self.seconds >= self.learn_s and self._wait_s <= 0

    def add(self, lesson: Lesson) -> None:
        """Take one more; those that lie too long back are let go."""
        last_end = self._lessons[-1][1].end_sample if self._lessons else lesson.end_sample - WINDOW_N
        new_s = min((lesson.end_sample - last_end) / FS_HZ, float(WINDOW_S))
        self._lessons.append((new_s, lesson))
        self.seconds += new_s
        self._wait_s -= new_s
        if lesson.r_samples.size:
            self.taught_upto = int(lesson.r_samples[-1])
        while self._lessons[0][1].end_sample < lesson.end_sample - WITHIN_S * FS_HZ:
            self.seconds -= self._lessons.popleft()[0]

    def fail(self) -> None:
        """Nothing could be learned: try again after more signal."""
        self.has_failed, self._wait_s = True, AGAIN_S
