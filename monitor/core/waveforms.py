from collections.abc import Sequence
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Self

from engine.errors import JournalError
from monitor.core.recorder import Recorder
from monitor.intake import Samples
from monitor.journal.reader import JournalReader
from monitor.pipeline import Pipeline
from monitor.recording.recorder import WaveformRecorder
from monitor.recording.recovery import Journalled
from monitor.recording.ring import Keep, Wanted
from monitor.recording.segment import run_name


class Waveforms:
    """What the core does about waveforms: store them if asked, enter segments, keep what open alarms need."""

    def __init__(self, folder: Path | None, keep: Keep, journal: Recorder, now_ns: int) -> None:
        self.run = run_name(now_ns)
        """Names this run of the core in the journal and in every segment."""
        self.folder = folder
        self._journal = journal
        self._store = None
        if folder is not None:
            self._store = WaveformRecorder(folder, self.run, keep, _journalled(journal.directory), now_ns)

    @property
    def about(self) -> dict[str, str]:
        """What the journal says of this run: its name, and where its waveforms lie."""
        return {"run": self.run, "recording": "" if self.folder is None else str(self.folder.absolute())}

    @property
    def failing(self) -> str | None:
        """Why waveforms are not being stored; None when they are, or nobody asked for it."""
        return None if self._store is None else self._store.failing

    def take(self, pieces: Sequence[Samples]) -> None:
        """Store samples, some time; never waits."""
        if self._store is not None:
            self._store.take(pieces)

    def look_around(self, pipeline: Pipeline, now_ns: int) -> None:
        """Hand a second's samples over, enter what was closed or must go, and tell every bed if it fails."""
        if self._store is None:
            return
        updates = [pipeline.known(bed).update for bed in pipeline.beds]
        sources = {bed: pipeline.intake.source(bed, now_ns) for bed in pipeline.intake.beds}
        wanted = [
            Wanted(update.bed, alarm.id, alarm.raised_ns) for update in updates for alarm in update.alarms
        ]
        entries = self._store.turn(now_ns, sources, wanted)
        self._journal.post(entries, now_ns, partial(self._store.entered, entries))
        pipeline.recording_failing = self._store.failing

    def close(self, now_ns: int) -> None:
        """Close every segment and enter it."""
        if self._store is not None:
            self._journal.append(self._store.close(now_ns), now_ns)
            self._store = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._store is not None:
            self._store.__exit__(kind, error, trace)


def _journalled(directory: str) -> Journalled:
    """Ask the journal on a connection of its own, from the recording's thread: the core need not wait."""

    def known(since_ns: int) -> frozenset[str] | None:
        if not directory:
            return None
        try:
            with JournalReader(Path(directory)) as journal:
                return frozenset(journal.segments(since_ns))
        except JournalError:
            return None

    return known
