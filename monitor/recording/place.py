"""Which folder of waveforms belongs to a journal."""

from pathlib import Path

from monitor.journal.entry import EntryKind
from monitor.journal.reader import JournalReader
from monitor.recording_options import FOLDER_NAME


def waveforms_of(journal: JournalReader, given: Path | None = None) -> Path:
    """The folder named by the operator, else the one beside the journal, else the last one recorded to."""
    beside = journal.directory / FOLDER_NAME
    if given is not None or beside.is_dir():
        return beside if given is None else given
    told = [str(entry.body.get("recording", "")) for entry in journal.entries(EntryKind.START)]
    return next((Path(place) for place in reversed(told) if place and Path(place).is_dir()), beside)
