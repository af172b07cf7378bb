import pickle
from collections import deque
from collections.abc import Iterator
from itertools import chain
from typing import Final

from engine.patient.kept_lesson import KeptLesson

CHAPTER_N: Final = 32
"""So many lessons are packed together."""

CountedLesson = tuple[float, KeptLesson]
"""Seconds of signal that no earlier lesson held, and the lesson."""


class Lessons:
    """A queue of lessons in the order of time, most of them packed.

    Hundreds of small objects for each bed, all let go once a baseline is learned, would leave holes in the
    memory of the process that it cannot give back.
    """

    def __init__(self) -> None:
        self._first: deque[CountedLesson] = deque()
        self._chapters: deque[tuple[int, bytes]] = deque()
        """With the end of the first window of each."""
        self._last: deque[CountedLesson] = deque()

    def __iter__(self) -> Iterator[CountedLesson]:
        packed = chain.from_iterable(pickle.loads(body) for _, body in self._chapters)
        return chain(self._first, packed, self._last)

    def append(self, seconds: float, lesson: KeptLesson) -> None:
        """Take one more."""
        self._last.append((seconds, lesson))
        if len(self._last) == CHAPTER_N:
            self._chapters.append((self._last[0][1].end_sample, pickle.dumps(self._last, protocol=5)))
            self._last = deque()

    def pop_before(self, end_sample: int) -> Iterator[CountedLesson]:
        """Let those go whose windows ended before."""
        while (front := self._front(end_sample)) and front[0][1].end_sample < end_sample:
            yield front.popleft()

    def _front(self, end_sample: int) -> deque[CountedLesson]:
        """Where the queue begins, or what of it ended no earlier."""
        if not self._first and self._chapters and self._chapters[0][0] < end_sample:
            self._first = pickle.loads(self._chapters.popleft()[1])
        return self._first or self._last
