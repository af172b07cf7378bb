"""What a journal is made of: entries of a few kinds, each chained to the one before by its hash."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any, Final

from monitor.alarms.alarm import Alarm, AlarmEvent, Kind, Phase, Priority, Transition
from monitor.alarms.evidence import limits_json
from monitor.alarms.limits import Limits
from monitor.baseline import Note

GENESIS: Final = "0" * 64
"""Stands for the hash before the first entry."""


class EntryKind(StrEnum):
    """Kinds of entries."""

    START = "start"
    """A core began: version, model, configuration."""
    STOP = "stop"
    """A core ended in order; its absence before a `start` tells of a crash."""
    ALARM = "alarm"
    """A transition of an alarm with its evidence."""
    PACE = "pace"
    """From here on windows are so far apart: the monitor does not keep up, or does again."""
    COVERAGE = "coverage"
    """How a bed's last minute ended: assessed, or not and why."""
    TREND = "trend"
    """What a minute of a bed's samples came to: rate, ST levels, score, rhythm, how much was assessed."""
    FINDING = "finding"
    """Something the intake or the system noticed."""
    COMMAND = "command"
    """Who asked for what."""
    LIMITS = "limits"
    """A bed's limits from here on, and who set them."""
    BASELINE = "baseline"
    """What became of a patient's baseline; the whole of it where it was learned."""
    SEGMENT = "segment"
    """A segment of waveform was closed: its place, length and checksum."""
    DROPPED = "dropped"
    """Segments that are deleted after this entry, and why."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry, not yet or no longer in a journal."""

    kind: EntryKind
    time_ns: int
    """Wall clock."""
    body: Mapping[str, Any]
    """JSON values only."""
    bed: str = ""
    """Empty where the entry concerns the whole core."""


def alarm_entry(event: AlarmEvent, evidence: Mapping[str, Any] | None = None) -> Entry:
    """Enter a transition of an alarm; commands have no evidence but the operator in the alarm."""
    body = {"transition": event.transition, "alarm": asdict(event.alarm), "evidence": dict(evidence or {})}
    return Entry(EntryKind.ALARM, event.time_ns, body, event.alarm.bed)


def command_entry(command: str, operator: str, time_ns: int, bed: str = "", **details: Any) -> Entry:
    """Enter what an operator asked for."""
    return Entry(EntryKind.COMMAND, time_ns, {"command": command, "operator": operator, **details}, bed)


def limits_entry(limits: Limits, operator: str, time_ns: int, bed: str) -> Entry:
    """Enter a bed's new limits; they come back when a core restarts."""
    return Entry(EntryKind.LIMITS, time_ns, {"limits": limits_json(limits), "operator": operator}, bed)


def baseline_entry(note: Note, time_ns: int, bed: str) -> Entry:
    """Enter a change of what a bed's windows are compared with."""
    return Entry(EntryKind.BASELINE, time_ns, asdict(note), bed)


def event_of(entry: Entry) -> AlarmEvent:
    """Take the alarm event back out of its entry."""
    values = dict(entry.body["alarm"])
    values["kind"] = Kind(values["kind"])
    values["priority"] = Priority(values["priority"])
    values["phase"] = Phase(values["phase"])
    return AlarmEvent(Transition(entry.body["transition"]), Alarm(**values), entry.time_ns)


def canonical(value: Any) -> str:
    """JSON with one spelling per value, so that hashes can be computed again."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def chained_hash(previous: str, number: int, kind: str, time_ns: int, bed: str, body: str) -> str:
    """SHA-256 over the hash before and the entry as a canonical JSON array; `body` is canonical already."""
    entry = f"[{number},{canonical(kind)},{time_ns},{canonical(bed)},{body}]"
    return hashlib.sha256(f"{previous}\n{entry}".encode()).hexdigest()
