from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

from engine.grid import FS_HZ
from monitor.alarms.alarm import Kind, Phase, Priority
from monitor.journal.story import AlarmCourse
from monitor.review.note import Key, Note


@dataclass(frozen=True, slots=True)
class AlarmLine:
    """One alarm as the list shows it; its evidence stays in the journal."""

    bed: str
    id: int
    name: str
    kind: Kind
    priority: Priority
    text: str
    """As it was raised: measured against limit."""
    phase: Phase
    raised_ns: int
    ended_ns: int | None
    onset_sample: int
    raised_sample: int
    ended_sample: int | None
    run: str
    """Run of the core in which its samples are counted."""
    acknowledged_by: str
    acknowledged_ns: int
    notes: tuple[Note, ...] = ()

    @classmethod
    def of(cls, course: AlarmCourse, notes: Sequence[Note] = ()) -> Self:
        """Tell it in one line; the priority is the gravest it reached."""
        raised, latest, acknowledged = course.raised, course.latest, course.acknowledged
        return cls(
            bed=raised.bed,
            id=raised.id,
            name=raised.name,
            kind=raised.kind,
            priority=max(event.alarm.priority for event in course.events),
            text=raised.text,
            phase=latest.phase,
            raised_ns=raised.raised_ns,
            ended_ns=course.ended_ns,
            onset_sample=raised.onset_sample,
            raised_sample=raised.raised_sample,
            ended_sample=latest.ended_sample,
            run=course.run,
            acknowledged_by=acknowledged[0] if acknowledged else "",
            acknowledged_ns=acknowledged[1] if acknowledged else 0,
            notes=tuple(notes),
        )

    @property
    def key(self) -> Key:
        """What tells it from every other alarm of the journal."""
        return self.bed, self.id, self.raised_ns

    @property
    def lasted_s(self) -> float | None:
        """From its onset until the condition was over, or it was put away; None while it holds."""
        if self.ended_sample is not None and self.ended_sample > self.onset_sample:
            return (self.ended_sample - self.onset_sample) / FS_HZ
        return None if self.ended_ns is None else (self.ended_ns - self.onset_ns) / 1e9

    @property
    def onset_ns(self) -> int:
        """Wall clock of the onset, counted back from the raising."""
        return self.raised_ns - (self.raised_sample - self.onset_sample) * 1_000_000_000 // FS_HZ
