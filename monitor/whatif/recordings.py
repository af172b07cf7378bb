"""What can be judged again: runs in a journal's waveforms, and WFDB records."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from engine.errors import ConfigurationError
from engine.grid import HOP_S
from monitor.journal.entry import EntryKind
from monitor.journal.reader import FILE_NAME, JournalReader
from monitor.recording import Recording
from monitor.recording.place import waveforms_of
from monitor.records import read_record, to_messages
from monitor.whatif.operators import Act, Handling, handlings
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
    acts: tuple[Act, ...] = ()
    """What operators did then, in samples of what `open` gives."""


def sources_of(
    place: str, bed: str | None, run: str | None, original: Setting, operators: bool = True
) -> Iterator[Source]:
    """Recordings in a journal's folder, or the one record; `original` holds what neither of them tells.

    Without `operators` the limits stay what they were when the run began, and nobody does anything.
    """
    folder = Path(place)
    if folder.is_dir() and (folder / FILE_NAME).is_file():
        yield from _stored(folder, bed, run, original, operators)
        return
    if bed is not None or run is not None:
        raise ConfigurationError(
            f"{place} is no journal's folder: --bed and --run choose among recorded beds"
        )
    yield Source(place, original, lambda: to_messages(read_record(place), RECORD_BED))


def _stored(
    folder: Path, bed: str | None, run: str | None, original: Setting, operators: bool
) -> Iterator[Source]:
    with JournalReader(folder) as journal:
        recording = Recording(waveforms_of(journal))
        hops = {
            str(entry.body.get("run", "")): float(entry.body.get("hop_s", HOP_S))
            for entry in journal.entries(EntryKind.START)
        }
        handled = handlings(journal.entries(light=True))
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
        handling = handled.get((name, each), Handling())
        acts = handling.acts(recording, name, each) if operators else ()
        setting = replace(original, limits=handling.limits, hop_s=hops.get(each, HOP_S))
        cuts = [act.sample for act in acts]
        start, _ = recording.bounds(name, each) or (0, 0)
        yield Source(
            f"{name} run {each}",
            setting,
            partial(stored_messages, recording, name, each, cuts),
            tuple(replace(act, sample=act.sample - start) for act in acts),
        )
