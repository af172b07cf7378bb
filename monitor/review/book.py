"""A journal as review turns its pages: read once, and again when it has grown."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from monitor.journal.entry import EntryKind
from monitor.journal.reader import JournalReader
from monitor.journal.story import AlarmCourse, AlarmStory
from monitor.recording.segment import Segment
from monitor.review.coverage import Covered, covered_minutes
from monitor.review.line import AlarmLine
from monitor.review.note import Key, notes_of
from monitor.review.usual import Usual


@dataclass(frozen=True, slots=True, eq=False)
class Book:
    """What a journal holds, without the evidence of each alarm."""

    directory: Path
    lines: tuple[AlarmLine, ...]
    """Newest first."""
    segments: Mapping[Segment, int]
    """Waveform that should be on disk, and how many samples of it."""
    dropped: Mapping[Segment, str]
    """Waveform that the recorder deleted, and why."""
    covered: Mapping[str, tuple[Covered, ...]]
    """Bed -> how its minutes ended."""
    usual: Usual
    """What each bed's windows were compared with."""
    run: str
    """The newest core's run; empty if there never was one."""
    newest_ns: int
    last_hash: str

    def alarm(self, key: Key) -> AlarmLine | None:
        """The alarm of a key."""
        return next((line for line in self.lines if line.key == key), None)

    def alarms_within(self, bed: str, run: str, start: int, end: int) -> tuple[AlarmLine, ...]:
        """Alarms that began or were raised between two samples."""
        return tuple(
            line
            for line in self.lines
            if line.bed == bed
            and line.run == run
            and (start <= line.onset_sample < end or start <= line.raised_sample < end)
        )


def read_book(journal: JournalReader) -> Book:
    """Read everything that review lists; a journal that cannot be read is a `JournalError`."""
    last_hash = journal.last_hash()
    notes = notes_of(journal.entries(EntryKind.COMMAND))
    lines = [AlarmLine.of(course, notes.get(_key(course), ())) for course in journal.courses()]
    lines.sort(key=lambda line: (line.raised_ns, line.bed, line.id), reverse=True)
    starts = list(journal.entries(EntryKind.START))
    covered = covered_minutes(journal.entries(EntryKind.COVERAGE), [entry.time_ns for entry in starts])
    times = [entry.time_ns for entry in starts] + [line.ended_ns or line.raised_ns for line in lines]
    times += [minutes[-1].end_ns for minutes in covered.values()]
    return Book(
        directory=journal.directory,
        lines=tuple(lines),
        segments={
            segment: n
            for place, n in journal.segments().items()
            if (segment := segment_at(place)) is not None
        },
        dropped=_dropped(journal),
        covered=covered,
        usual=Usual(journal.directory, journal.entries(EntryKind.BASELINE, light=True)),
        run=newest_run(journal),
        newest_ns=max(times, default=0),
        last_hash=last_hash,
    )


def newest_run(journal: JournalReader) -> str:
    """Run of the core that writes this journal, or wrote it last; empty if none ever did."""
    last = journal.last(EntryKind.START, "")
    return "" if last is None else str(last.body.get("run", ""))


def story_of(directory: Path, line: AlarmLine) -> AlarmStory | None:
    """The whole story of an alarm, with its evidence."""
    with JournalReader(directory) as journal:
        stories = journal.stories(line.bed, line.id)
    return next((story for story in stories if _key(story) == line.key), None)


def segment_at(place: str) -> Segment | None:
    """The segment of a place as the journal writes it."""
    return Segment.parse(place.split("/")[0], place.split("/")[-1])


def _key(course: AlarmCourse) -> Key:
    return course.raised.bed, course.raised.id, course.raised.raised_ns


def _dropped(journal: JournalReader) -> dict[Segment, str]:
    return {
        segment: str(entry.body.get("why", ""))
        for entry in journal.entries(EntryKind.DROPPED)
        for place in entry.body["segments"]
        if (segment := segment_at(place)) is not None
    }
