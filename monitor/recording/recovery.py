"""What a killed core left behind: open segments are sealed, passing files removed, unknown segments named."""

from collections.abc import Iterator
from pathlib import Path

from engine.errors import RecordError
from monitor.recording.header import Header
from monitor.recording.sealing import Sealed, digest_of, seal
from monitor.recording.segment import Segment
from monitor.recording.shelf import segments_in


def recover(folder: Path, journalled: frozenset[str] | None) -> Iterator[Sealed]:
    """Put a folder in order and yield what the journal does not know of; None: it cannot tell."""
    for passing in folder.glob("*/*/*.part"):
        passing.unlink()
    for data in folder.glob("*/*/*.dat"):
        if data.stat().st_size == 0 and not data.with_suffix(".hea").exists():
            data.unlink()  # killed before the header was written
    for segment in list(segments_in(folder)):
        if journalled is not None and segment.place in journalled:
            continue
        try:
            sealed = _recovered(folder, segment, journalled is not None)
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
