"""Lessons until there are enough of them."""

from collections import deque
from dataclasses import dataclass, field
from typing import Final

from engine.grid import FS_HZ, WINDOW_N, WINDOW_S
from engine.patient.lesson import Lesson

LEARN_S: Final = 300.0
"""Assessed signal that a baseline is learned from."""
AGAIN_S: Final = 60.0
"""Where it could not be learned, it is tried again after so much more."""
WITHIN_S: Final = 900.0
"""What is learned from lies within this time."""


@dataclass(slots=True)
class School:
    """Lessons so far."""

    begin_sample: int = 0
    """Windows that begin earlier hold somebody else's signal."""
    lessons: deque[Lesson] = field(default_factory=deque)
    seconds: float = 0.0
    wanted_s: float = LEARN_S
    taught_upto: int = -WINDOW_N
    last_end: int = 0

    def add(self, lesson: Lesson) -> None:
        """Take one more; those that lie too long back are let go."""
        gap_s = (lesson.end_sample - self.last_end) / FS_HZ
        self.seconds += min(gap_s, float(WINDOW_S)) if self.lessons else float(WINDOW_S)
        self.last_end = lesson.end_sample
        self.lessons.append(lesson)
        if lesson.r_samples.size:
            self.taught_upto = int(lesson.r_samples[-1])
        while self.lessons[0].end_sample < lesson.end_sample - WITHIN_S * FS_HZ:
            self.lessons.popleft()
