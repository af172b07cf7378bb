"""Whether a journal and its waveforms are what was once written."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from engine.errors import JournalError, RecordError
from monitor.journal.entry import Entry, EntryKind
from monitor.journal.reader import JournalReader
from monitor.recording.header import Header
from monitor.recording.sealing import digest_of
from monitor.recording.segment import Segment
from monitor.recording.shelf import files_of, segments_in

SHOWN: Final = 20
"""Faults of segments that are told one by one; more are counted."""


@dataclass(slots=True)
class Verdict:
    """What was found: faults break the evidence, notes do not."""

    n_entries: int = 0
    n_segments: int = 0
    last_hash: str = ""
    faults: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    @property
    def intact(self) -> bool:
        """Whether nothing is wrong."""
        return not self.faults


def verify(journal: JournalReader, waveforms: Path) -> Verdict:
    """Check the file's pages, the chain of entries, and every segment that it says was stored."""
    verdict = Verdict()
    pages = journal.damaged_pages()
    if pages:
        verdict.faults.append(
            f"{journal.path} has damaged pages: {pages[0]}; keep the file and compare it with a backup."
        )
    known = _chain(journal, verdict)
    faults = _faults(waveforms, known)
    if faults and verdict.intact:
        still = journal.segments()  # a running core may have dropped some meanwhile, and said so
        faults = {place: fault for place, fault in faults.items() if place in still}
    verdict.n_segments = len(known)
    verdict.faults += list(faults.values())[:SHOWN]
    if len(faults) > SHOWN:
        verdict.faults.append(f"{len(faults) - SHOWN} more segments are missing or damaged.")
    verdict.notes += _unknown(waveforms, known)
    return verdict


def _chain(journal: JournalReader, verdict: Verdict) -> dict[str, Mapping[str, Any]]:
    """Follow the chain to its end, or its first break; return the segments that should be there."""
    known: dict[str, Mapping[str, Any]] = {}
    before: Entry | None = None
    try:
        for number, entry in journal.numbered():
            verdict.n_entries = number
            if entry.kind is EntryKind.START and before is not None and entry.time_ns < before.time_ns:
                back_s = (before.time_ns - entry.time_ns) / 1e9
                verdict.notes.append(
                    f"the clock was set back by {back_s:.1f} s before entry {number} ({_when(entry)})"
                )
            before = entry
            if entry.kind is EntryKind.SEGMENT:
                known[entry.body["segment"]] = entry.body
            if entry.kind is EntryKind.DROPPED:
                for place in entry.body["segments"]:
                    known.pop(place, None)
        verdict.last_hash = journal.last_hash()
    except JournalError as error:
        verdict.faults.append(str(error))
    return known


def _faults(folder: Path, known: Mapping[str, Mapping[str, Any]]) -> dict[str, str]:
    found = ((place, _fault(folder, place, body)) for place, body in known.items())
    return {place: fault for place, fault in found if fault is not None}


def _fault(folder: Path, place: str, body: Mapping[str, Any]) -> str | None:
    segment = Segment.parse(place.split("/")[0], place.split("/")[-1])
    if segment is None:
        return f"segment {place} is no segment's name: the entry cannot be checked."
    files = files_of(folder, segment)
    if not files:
        return f"segment {place} is missing: it was deleted, though not by the recorder."
    n_bytes = sum(path.stat().st_size for path in files)
    try:
        found = digest_of(folder, segment)
    except FileNotFoundError as error:
        return f"segment {place} is incomplete: {Path(error.filename).name} is missing."
    except (RecordError, OSError) as error:
        return f"segment {place} is damaged: {error}."
    if found == body["sha256"]:
        return None
    if n_bytes < body["bytes"]:
        return f"segment {place} is cut short: {n_bytes} of {body['bytes']} bytes are there."
    return f"segment {place} was changed or damaged: its checksum is not the one in the journal."


def _unknown(folder: Path, known: Mapping[str, Any]) -> Iterator[str]:
    n_open = n_closed = 0
    for segment in segments_in(folder):
        if segment.place in known:
            continue
        try:
            is_open = Header.read(folder, segment).n is None
        except (RecordError, OSError):
            is_open = False
        n_open, n_closed = n_open + is_open, n_closed + (not is_open)
    if n_open:
        yield f"{n_open} segments are open: being written, or left by a kill (the next start closes them)"
    if n_closed:
        yield f"{n_closed} segments are not in the journal, so nothing vouches for them"


def _when(entry: Entry) -> str:
    return f"{datetime.fromtimestamp(entry.time_ns / 1e9).astimezone():%Y-%m-%d %H:%M:%S}"
