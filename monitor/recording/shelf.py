"""What is stored in a recording's folder, found by names alone."""

from collections.abc import Iterator
from pathlib import Path

from monitor.recording.segment import Segment


def segments_in(folder: Path) -> Iterator[Segment]:
    """Yield every segment that has a header, bed by bed."""
    for bed in _folders(folder):
        yield from segments_of(folder, bed.name)


def segments_of(folder: Path, bed: str) -> list[Segment]:
    """One bed's segments in order of time."""
    found = (
        Segment.parse(bed, header.stem) for day in _folders(folder / bed) for header in day.glob("*.hea")
    )
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
