"""What a killed core left behind: open segments are sealed, passing files removed, unknown segments named."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

from engine.errors import RecordError
from monitor.recording.header import Header
from monitor.recording.sealing import Sealed, digest_of, seal
from monitor.recording.segment import Segment
from monitor.recording.shelf import segments_in

Journalled = Callable[[int], frozenset[str] | None]
"""Segments that the journal knows of since a time; None if it cannot tell."""

_MARGIN_NS: Final = 3_600_000_000_000


def recover(folder: Path, journalled: Journalled) -> Iterator[Sealed]:
    """Put a folder in order and yield what the journal does not know of."""
    for passing in folder.glob("*/*/*.part"):
        passing.unlink()
    for data in folder.glob("*/*/*.dat"):
        if data.stat().st_size == 0 and not data.with_suffix(".hea").exists():
            data.unlink()  # killed before the header was written
    stored = sorted(segments_in(folder))
    known = journalled(stored[0].started_ns - _MARGIN_NS) if stored else None
    for segment in stored:
        if known is not None and segment.place in known:
            continue
        try:
            sealed = _recovered(folder, segment, known is not None)
        except (RecordError, FileNotFoundError):
            continue  # no header of ours, or files are missing: `verify` names it
        if sealed is not None:
            yield sealed


def _recovered(folder: Path, segment: Segment, enter_closed: bool) -> Sealed | None:
    header = Header.read(folder, segment)
    if header.n is None:
        return seal(folder, segment, recovered=True)
    segment.data(folder).unlink(missing_ok=True)  # killed between its last two steps
    if not enter_closed:
        return None
    files = [segment.header(folder), *(segment.header(folder).with_name(name) for name, _ in header.files)]
    n_bytes = sum(path.stat().st_size for path in files)
    return Sealed(segment, header.n, n_bytes, digest_of(folder, segment), recovered=True)
