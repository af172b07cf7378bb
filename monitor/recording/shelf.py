"""What is stored in a recording's folder, found by names alone."""

from collections.abc import Iterator
from pathlib import Path

from monitor.recording.segment import Segment


def segments_in(folder: Path) -> Iterator[Segment]:
    """Yield every segment that has a header, bed by bed."""
    for bed in beds_in(folder):
        for day in days_of(folder, bed):
            yield from segments_on(bed, day)


def days_of(folder: Path, bed: str) -> list[Path]:
    """One bed's folders, a day each, oldest first."""
    return _folders(folder / bed)


def segments_on(bed: str, day: Path) -> list[Segment]:
    """A day's segments in order of time."""
    found = (Segment.parse(bed, header.stem) for header in day.glob("*.hea"))
    return sorted(segment for segment in found if segment is not None)


def beds_in(folder: Path) -> tuple[str, ...]:
    """Beds that were ever recorded here."""
    return tuple(bed.name for bed in _folders(folder))


def files_of(folder: Path, segment: Segment) -> list[Path]:
    """Every file that belongs to a segment."""
    return sorted(segment.header(folder).parent.glob(segment.name + "*"))


def size_of(folder: Path, segment: Segment) -> int:
    """Bytes a segment takes."""
    return sum(path.stat().st_size for path in files_of(folder, segment))


def _folders(folder: Path) -> list[Path]:
    if not folder.is_dir():
        return []
    return sorted(path for path in folder.iterdir() if path.is_dir())
