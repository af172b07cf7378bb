"""A hash of what the signal itself said to the alarms: the same samples, model and limits give it again."""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from monitor.alarms.conditions import BY_NAME
from monitor.journal.entry import Entry, EntryKind, canonical

_OF_ALARM: Final = ("name", "priority", "phase", "onset_sample", "raised_sample", "ended_sample")
_OF_EVIDENCE: Final = ("end_sample", "lead_states", "r_peaks", "limits", "model")
_OF_SPAN: Final = ("lead", "onset", "offset")
_OF_MINUTE: Final = (
    "start_sample", "end_sample", "n_windows", "assessed_share", "reason",
    "heart_rate_bpm", "pvc_per_min", "rhythms",
)  # fmt: skip
FELL_BEHIND: Final = "the monitor left windows out because it fell behind"
_DISTURBED: Final = {
    "not_keeping_up": "the monitor fell behind, and may have cut its windows further apart",
    "backend_degraded": "the model ran on a fallback, or not at all",
}
"""Alarms of the monitor itself after which the same samples may have been judged otherwise."""
_OF_EVERY_BED: Final = (EntryKind.COVERAGE, EntryKind.TREND)
"""What is entered of a bed that never alarmed, too."""


@dataclass(slots=True)
class ReplayHash:
    """What one run of a core said of one bed."""

    run: str
    """Name of the run; empty if the journal does not tell."""
    bed: str
    n_entries: int = 0
    """Transitions of alarms that went into the hash."""
    sha256: str = ""
    n_minutes: int = 0
    """Minutes, which have a hash of their own: journals from before there were any still compare."""
    minutes_sha256: str = ""
    notes: list[str] = field(default_factory=list)
    """Sentences: why another replay of the same samples may give another hash."""


def replay_hashes(entries: Iterable[Entry]) -> tuple[ReplayHash, ...]:
    """Hash each run and bed of a journal, in the order in which they first appear.

    What goes in counts samples: transitions of alarms that are judged on the signal, where they began, were
    raised and ended, with the R peaks, spans, lead states, limits and model they were judged on. What the
    clock alone tells stays out (a lost source, latency, the journal, what ended because the source took its
    leave), as do times of day, latencies, alarm ids (which those alarms use up as well), and scores and ST
    levels, whose last bits depend on the batch. Minutes of the stream have a hash of their own, by the same
    rules; a core that was killed leaves its last one out, or two. What an operator did is named in the notes:
    it is no part of the recording.
    """
    found: dict[tuple[str, str], _Listener] = {}
    run, outrun = "", set[str]()
    for entry in entries:
        if entry.kind is EntryKind.START:
            run = str(entry.body.get("run", ""))
            continue
        if entry.kind is EntryKind.PACE:
            outrun.add(run)
        if not entry.bed:
            continue
        told, why = told_by(entry), disturbance(entry)
        if told is None and why is None and entry.kind not in _OF_EVERY_BED:
            continue
        one = found.setdefault((run, entry.bed), _Listener(ReplayHash(run, entry.bed)))
        one.hear(entry, told, why)
    return tuple(one.finish(one.hash.run in outrun) for one in found.values())


@dataclass(frozen=True, slots=True)
class _Listener:
    hash: ReplayHash
    alarms: Any = field(default_factory=hashlib.sha256)
    minutes: Any = field(default_factory=hashlib.sha256)

    def hear(self, entry: Entry, told: Mapping[str, Any] | None, why: str | None) -> None:
        if told is not None:
            self.hash.n_entries += 1
            self.alarms.update(f"{canonical(told)}\n".encode())
        if entry.kind is EntryKind.TREND:
            self.hash.n_minutes += 1
            self.minutes.update(f"{canonical(_picked(entry.body, _OF_MINUTE))}\n".encode())
        if why is not None and why not in self.hash.notes:
            self.hash.notes.append(why)

    def finish(self, outrun: bool) -> ReplayHash:
        self.hash.sha256, self.hash.minutes_sha256 = self.alarms.hexdigest(), self.minutes.hexdigest()
        if outrun and FELL_BEHIND not in self.hash.notes:
            self.hash.notes.append(FELL_BEHIND)
        return self.hash


def told_by(entry: Entry) -> dict[str, Any] | None:
    """What of an entry comes from the signal and counts samples; None if nothing does."""
    if entry.kind is not EntryKind.ALARM or not entry.body["evidence"].get("hop"):
        return None  # an operator's doing, or found by the clock between two windows
    alarm, evidence = entry.body["alarm"], entry.body["evidence"]
    condition = BY_NAME.get(alarm["name"])
    if condition is None or condition.clock == "wall":
        return None
    spans = [_picked(span, _OF_SPAN) for span in evidence.get("spans", ())]
    seen = _picked(evidence, _OF_EVIDENCE)
    return {"transition": entry.body["transition"], **_picked(alarm, _OF_ALARM), **seen, "spans": spans}


def disturbance(entry: Entry) -> str | None:
    """Why what follows an entry may not come again when the same samples are replayed."""
    if entry.kind is EntryKind.ALARM:
        return _DISTURBED.get(entry.body["alarm"]["name"])
    if entry.kind is EntryKind.COMMAND:
        return f"{entry.body['operator'] or 'an operator'} acted: {entry.body['command']}"
    if entry.kind is EntryKind.COVERAGE and entry.body.get("by_reason", {}).get("lag", 0):
        return FELL_BEHIND
    return None


def _picked(values: Mapping[str, Any], names: tuple[str, ...]) -> dict[str, Any]:
    return {name: values.get(name) for name in names}
