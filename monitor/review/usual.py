"""The baseline a bed's windows were compared with, at any time that the journal tells of."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from engine.errors import ModelError
from engine.patient.baseline import PatientBaseline
from engine.patient.plain import from_json
from engine.scoremap import ScoreMap
from monitor.baseline import CARRIES_ON
from monitor.journal.entry import Entry, EntryKind
from monitor.journal.reader import JournalReader


@dataclass(frozen=True, slots=True, eq=False)
class _Change:
    time_ns: int
    learned_ns: int | None
    """When the baseline was learned that is in force from here on; None: windows are compared with normal ECG
    of all people."""


class Usual:
    """When the baseline of every bed changed; each is read from the journal when it is first asked for."""

    def __init__(self, directory: Path, entries: Iterable[Entry]) -> None:
        self._directory = directory
        self._changes: dict[str, list[_Change]] = {}
        self._known: dict[tuple[str, int], PatientBaseline | None] = {}
        learned: dict[str, int] = {}
        for entry in entries:
            what = entry.body["what"]
            if what == "learned":
                learned[entry.bed] = entry.time_ns
            learned_ns = learned.get(entry.bed) if what in CARRIES_ON else None
            self._changes.setdefault(entry.bed, []).append(_Change(entry.time_ns, learned_ns))

    def at(self, bed: str, time_ns: int) -> PatientBaseline | None:
        """The baseline of that moment; None if there was none, or it can no longer be read."""
        before = [change for change in self._changes.get(bed, ()) if change.time_ns <= time_ns]
        learned_ns = before[-1].learned_ns if before else None
        if learned_ns is None:
            return None
        if (bed, learned_ns) not in self._known:
            self._known[bed, learned_ns] = self._read(bed, learned_ns)
        return self._known[bed, learned_ns]

    def judged(self, score: ScoreMap, model: str, time_ns: int) -> ScoreMap:
        """The window's verdict as it was live: against the patient's own ECG where that had been learned."""
        baseline = self.at(score.bed, time_ns)
        if baseline is None or baseline.model != model or not score.assessed or score.prepared is None:
            return score
        return baseline.judge(score, baseline.compare(score, score.prepared))

    def _read(self, bed: str, learned_ns: int) -> PatientBaseline | None:
        with JournalReader(self._directory) as journal:
            entries = journal.entries(EntryKind.BASELINE, bed, learned_ns, learned_ns + 1)
            values = [entry.body["baseline"] for entry in entries if entry.body["what"] == "learned"]
        try:
            return from_json(values[-1])
        except (IndexError, ModelError):
            return None
