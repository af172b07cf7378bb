"""A lesson as it is kept until there are enough: in half of the memory, or less."""

import struct
import zlib
from dataclasses import dataclass
from typing import Final

import numpy as np

from engine.arrays import frozen
from engine.leads import N_LEADS
from engine.patient.lesson import SAME_N, Lesson
from engine.preprocess import BEAT_N

NUMBERS: Final = struct.Struct("<dd")
LEVEL_BYTES: Final = 4 * N_LEADS
FAST: Final = 1
"""zlib's level: higher ones take longer and save little."""


@dataclass(frozen=True, slots=True, eq=False)
class KeptLesson:
    """One lesson, compressed without loss; what school asks for lies open."""

    end_sample: int
    r_samples: tuple[int, ...]
    body: bytes

    @classmethod
    def of(cls, lesson: Lesson) -> "KeptLesson":
        """Compress a lesson: of each beat the first sample, then the differences from sample to sample."""
        numbers = NUMBERS.pack(lesson.population, lesson.irregularity)
        steps = np.diff(lesson.beats, axis=2, prepend=np.int8(0))  # int8 wraps, here and back
        body = zlib.compress(numbers + lesson.level.tobytes() + steps.tobytes(), FAST)
        return cls(lesson.end_sample, tuple(lesson.r_samples.tolist()), body)

    @property
    def lesson(self) -> Lesson:
        """The same lesson again."""
        raw = zlib.decompress(self.body)
        level_end = NUMBERS.size + LEVEL_BYTES
        population, irregularity = NUMBERS.unpack_from(raw)
        steps = np.frombuffer(raw, np.int8, offset=level_end).reshape(-1, N_LEADS, BEAT_N)
        return Lesson(
            self.end_sample,
            population,
            irregularity,
            np.frombuffer(raw[NUMBERS.size : level_end], np.float32),
            frozen(np.array(self.r_samples, np.int64)),
            frozen(np.cumsum(steps, axis=2, dtype=np.int8)),
        )

    def after(self, taught_upto: int) -> "KeptLesson":
        """The same without beats that an earlier lesson held."""
        if all(r_sample > taught_upto + SAME_N for r_sample in self.r_samples):
            return self
        return KeptLesson.of(self.lesson.after(taught_upto))
