"""The baseline a bed's windows were compared with, at any time that the journal tells of."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from engine.errors import ModelError
from engine.patient.baseline import PatientBaseline
from engine.patient.plain import from_json
from engine.scoremap import ScoreMap
from monitor.baseline import CARRIES_ON
from monitor.journal.entry import Entry


@dataclass(frozen=True, slots=True, eq=False)
class _Change:
    time_ns: int
    values: Mapping[str, Any] | None
    """The baseline in force from here on; None: windows are compared with normal ECG of all people."""


class Usual:
    """Baselines of every bed, each decoded once."""

    def __init__(self, entries: Iterable[Entry]) -> None:
        self._changes: dict[str, list[_Change]] = {}
        self._decoded: dict[int, PatientBaseline | None] = {}
        learned: dict[str, Mapping[str, Any]] = {}
        for entry in entries:
            body = entry.body
            if body.get("baseline") is not None:
                learned[entry.bed] = body["baseline"]
            values = learned.get(entry.bed) if body["what"] in CARRIES_ON else None
            self._changes.setdefault(entry.bed, []).append(_Change(entry.time_ns, values))

    def at(self, bed: str, time_ns: int) -> PatientBaseline | None:
        """The baseline of that moment; None if there was none, or it can no longer be read."""
        before = [change for change in self._changes.get(bed, ()) if change.time_ns <= time_ns]
        values = before[-1].values if before else None
        if values is None:
            return None
        if id(values) not in self._decoded:
            try:
                self._decoded[id(values)] = from_json(values)
            except ModelError:
                self._decoded[id(values)] = None
        return self._decoded[id(values)]

    def judged(self, score: ScoreMap, model: str, time_ns: int) -> ScoreMap:
        """The window's verdict as it was live: against the patient's own ECG where that had been learned."""
        baseline = self.at(score.bed, time_ns)
        if baseline is None or baseline.model != model or not score.assessed or score.prepared is None:
            return score
        return baseline.judge(score, baseline.compare(score, score.prepared))
