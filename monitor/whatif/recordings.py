"""What can be judged again: runs in a journal's waveforms, and WFDB records."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from engine.errors import ConfigurationError
from engine.grid import HOP_S
from monitor.alarms.limits import Limits
from monitor.journal.entry import EntryKind
from monitor.journal.reader import FILE_NAME, JournalReader
from monitor.recording import Recording
from monitor.recording.place import waveforms_of
from monitor.records import read_record, to_messages
from monitor.whatif.setting import Setting
from monitor.whatif.stored import stored_messages
from monitor.wire import Message

RECORD_BED = "whatif.1"


@dataclass(frozen=True, slots=True)
class Source:
    """One recording, and how it was judged when it was made."""

    name: str
    original: Setting
    open: Callable[[], Iterable[Message]]


def sources_of(place: str, bed: str | None, run: str | None, original: Setting) -> Iterator[Source]:
    """Recordings in a journal's folder, or the one record; `original` holds what neither of them tells."""
    folder = Path(place)
    if folder.is_dir() and (folder / FILE_NAME).is_file():
        yield from _stored(folder, bed, run, original)
        return
    if bed is not None or run is not None:
        raise ConfigurationError(
            f"{place} is no journal's folder: --bed and --run choose among recorded beds"
        )
    yield Source(place, original, lambda: to_messages(read_record(place), RECORD_BED))


def _stored(folder: Path, bed: str | None, run: str | None, original: Setting) -> Iterator[Source]:
    with JournalReader(folder) as journal:
        recording = Recording(waveforms_of(journal))
        hops = {
            str(entry.body.get("run", "")): float(entry.body.get("hop_s", HOP_S))
            for entry in journal.entries(EntryKind.START)
        }
        limits = {name: journal.limits(name) or Limits() for name in recording.beds}
    found = [
        (name, each)
        for name in recording.beds
        if bed in (None, name)
        for each in recording.runs(name)
        if run in (None, each)
    ]
    if not found:
        what = f" of bed {bed}" if bed else ""
        raise ConfigurationError(
            f"no waveforms{what} are stored beside the journal in {folder}: `ecg-monitor listen` stores them"
        )
    for name, each in found:
        setting = Setting(
            limits[name], original.threshold, original.model, hops.get(each, HOP_S), original.own_baseline
        )
        yield Source(f"{name} run {each}", setting, _opener(recording, name, each))


def _opener(recording: Recording, bed: str, run: str) -> Callable[[], Iterable[Message]]:
    return lambda: stored_messages(recording, bed, run)
