"""What operators did while a recording was made: from the journal, each at its moment of the stream."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from engine.errors import ConfigurationError, RecordError
from monitor.alarms.alarm import Transition
from monitor.alarms.evidence import limits_of
from monitor.alarms.limits import Limits
from monitor.journal.entry import Entry, EntryKind
from monitor.pipeline import Outcome, Pipeline
from monitor.recording import Recording
from monitor.whatif.setting import Setting
from monitor.whatif.streamclock import StreamClock

DONE_AGAIN: Final = ("acknowledge", "pause_audio", "set_limits", "baseline")
_CAME_WITH: Final = {Transition.RAISED: "raised_sample", Transition.LATCHED: "ended_sample"}
"""What tells the end of the window that a transition came with."""


@dataclass(frozen=True, slots=True)
class Act:
    """One thing an operator did to a bed."""

    sample: int
    """The newest when it was done."""
    what: str
    """One of `DONE_AGAIN`."""
    operator: str
    alarm: str | None = None
    """Name of the alarm that was acknowledged; None: all."""
    pause: bool = True
    limits: Mapping[str, Any] = field(default_factory=dict)
    """Those that were changed."""
    action: str = ""
    """What was ordered of the baseline."""


@dataclass(slots=True)
class Handling:
    """How operators handled a bed in one run of the core."""

    limits: Limits = field(default_factory=Limits)
    """In force when it began."""
    commands: list[Entry] = field(default_factory=list)
    moments: list[tuple[int, int]] = field(default_factory=list)
    """Wall clock in ns, and the newest sample then."""
    alarms: dict[int, str] = field(default_factory=dict)
    """Id -> name."""

    def acts(self, recording: Recording, bed: str, run: str) -> tuple[Act, ...]:
        """What they did, in order, in samples of the run."""
        moments = [*self.moments, *_starts(recording, bed, run)]
        if not moments:
            return ()
        clock = StreamClock(moments)
        return tuple(self._act(entry, clock.sample_at(entry.time_ns)) for entry in self.commands)

    def _act(self, entry: Entry, sample: int) -> Act:
        asked, number = entry.body, entry.body.get("alarm_id")
        return Act(
            sample,
            str(asked["command"]),
            str(asked["operator"]),
            None if number is None else self.alarms.get(number, ""),
            bool(asked.get("pause", True)),
            dict(asked.get("limits") or {}),
            str(asked.get("action") or ""),
        )


def handlings(entries: Iterable[Entry]) -> dict[tuple[str, str], Handling]:
    """Bed and run -> how it was handled, from the entries of a journal; they need no evidence."""
    found: dict[tuple[str, str], Handling] = {}
    run, limits = "", dict[str, Limits]()
    at_start = dict(limits)
    for entry in entries:
        if entry.kind is EntryKind.START:
            run, at_start = str(entry.body.get("run", "")), dict(limits)
        if not entry.bed:
            continue
        if entry.kind is EntryKind.LIMITS:
            limits[entry.bed] = limits_of(entry.body["limits"])
        new = Handling(at_start.get(entry.bed, Limits()))
        _hear(found.setdefault((entry.bed, run), new), entry)
    return found


def _hear(handling: Handling, entry: Entry) -> None:
    if entry.kind is EntryKind.COMMAND and entry.body["command"] in DONE_AGAIN:
        handling.commands.append(entry)
    elif entry.kind is EntryKind.TREND:
        handling.moments.append((entry.time_ns, int(entry.body["end_sample"])))
    elif entry.kind is EntryKind.ALARM:
        alarm = entry.body["alarm"]
        handling.alarms[alarm["id"]] = str(alarm["name"])
        if (sample := _CAME_WITH.get(entry.body["transition"])) is not None:
            handling.moments.append((entry.time_ns, int(alarm[sample])))


def _starts(recording: Recording, bed: str, run: str) -> Iterable[tuple[int, int]]:
    for segment in recording.segments(bed, run):
        try:
            header = recording.header(segment)
        except (RecordError, OSError):
            continue  # damaged: it will be a gap
        yield header.start_ns, header.first_sample


def do_again(act: Act, pipeline: Pipeline, setting: Setting, now_ns: int) -> Outcome | None:
    """Let the one bed of a pipeline be treated as it was then; None where that cannot be.

    No such alarm may stand here, the baseline may be left out, or limits may not go with those tried out.
    """
    (bed,) = pipeline.beds
    state = pipeline.known(bed).state
    try:
        match act.what:
            case "acknowledge":
                named = [alarm.id for alarm in state.alarms if act.alarm in (None, alarm.name)]
                number = None if act.alarm is None else next(iter(named), None)
                return pipeline.acknowledge(bed, act.operator, number, now_ns) if named else None
            case "pause_audio":
                return pipeline.pause_audio(bed, act.operator, act.pause, now_ns)
            case "baseline":
                return pipeline.order_baseline(bed, act.operator, act.action, now_ns)
        return pipeline.set_limits(bed, setting.limits_after(state.limits, act.limits), now_ns)
    except ConfigurationError:
        return None
