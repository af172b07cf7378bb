"""What is asked of a window about its own patient, and what it answers."""

from collections.abc import Sequence
from dataclasses import dataclass

from engine.patient.baseline import PatientBaseline
from engine.patient.comparison import Comparison
from engine.patient.kept_lesson import KeptLesson
from engine.patient.lesson import lesson_of
from engine.scoremap import ScoreMap

Extent = tuple[int, int, int]
"""Of lessons: how many, end of the first, end of the last."""


@dataclass(frozen=True, slots=True, eq=False)
class Brief:
    """What is asked of a window: to be compared, to teach, or both nothing."""

    baseline: PatientBaseline | None = None
    """Compare with this."""
    taught_upto: int | None = None
    """Teach what is new after this R peak; None: teach nothing."""
    lessons: tuple[KeptLesson, ...] | None = None
    """Learn a baseline from these and the window's own; None: it is not time yet."""
    model: str = ""
    """Whose scores a baseline is learned with."""


@dataclass(frozen=True, slots=True, eq=False)
class OwnReading:
    """What a window answers; nothing, if it was not assessed."""

    comparison: Comparison | None = None
    lesson: KeptLesson | None = None
    learned: PatientBaseline | None = None
    """None, too, where there is no usual beat."""
    learned_from: Extent | None = None
    """None where nothing was to be learned."""
    failure: str | None = None
    """Why it answers nothing, though it was assessed."""


NOTHING = OwnReading()


def read_own(brief: Brief, score: ScoreMap) -> OwnReading:
    """Answer a brief from a window that was judged against all people."""
    prepared = score.prepared
    if prepared is None or not score.assessed:
        return NOTHING
    try:
        comparison = None if brief.baseline is None else brief.baseline.compare(score, prepared)
        lesson = None
        if brief.taught_upto is not None:
            lesson = KeptLesson.of(lesson_of(score, prepared, brief.taught_upto))
        if brief.lessons is None:
            return OwnReading(comparison, lesson)
        lessons = brief.lessons if lesson is None else (*brief.lessons, lesson)
        learned = PatientBaseline.learn([kept.lesson for kept in lessons], brief.model)
    except Exception as error:  # whatever odd beats provoke
        return OwnReading(failure=repr(error))
    return OwnReading(comparison, lesson, learned, extent(lessons))


def extent(lessons: Sequence[KeptLesson]) -> Extent:
    """Tell lessons of one patient from fewer, or others."""
    return len(lessons), lessons[0].end_sample, lessons[-1].end_sample
