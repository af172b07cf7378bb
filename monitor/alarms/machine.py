"""The alarm machine: from state, observation and time to a new state and what happened, purely."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from engine.errors import ConfigurationError
from engine.grid import FS_HZ
from monitor.alarms.alarm import Alarm, AlarmEvent, Kind, Phase, Priority, Transition
from monitor.alarms.condition import Condition
from monitor.alarms.conditions import CONDITIONS
from monitor.alarms.finding import Finding
from monitor.alarms.limits import Limits
from monitor.alarms.observation import Observation
from monitor.alarms.state import EMPTY, HOUR_N, NO_PAUSE, AudioPause, MachineState, Slot
from monitor.alarms.watch import Watch

REANNOUNCE_S: Final = 120
AUDIO_PAUSE_S: Final = 120
NS: Final = 1_000_000_000

Events = tuple[AlarmEvent, ...]


@dataclass(frozen=True, slots=True)
class AlarmMachine:
    """The rules; it holds no state of its own, so one machine serves all beds."""

    conditions: tuple[Condition, ...] = CONDITIONS

    def step(self, state: MachineState, observation: Observation, now_ns: int) -> tuple[MachineState, Events]:
        """Judge every condition on one observation, in the table's order."""
        limits, slots = state.limits, dict(state.slots)
        events, next_id = list[AlarmEvent](), state.next_id
        for condition in self.conditions:
            if condition.name not in slots and not _finds(condition, observation, limits):
                continue  # the usual case: nothing remembered, nothing found
            moment = _Moment(condition, observation, next_id, now_ns)
            slot, happened = moment.advance(slots.get(condition.name, EMPTY), limits, slots)
            if slot.is_empty:
                slots.pop(condition.name, None)
            else:
                slots[condition.name] = slot
            next_id += sum(event.transition is Transition.RAISED for event in happened)
            events += happened
        first, end = state.first_sample, observation.end_sample
        return MachineState(
            state.bed,
            limits,
            slots,
            next_id,
            _audio(state.audio, events, now_ns),
            end,
            end if first is None and observation.hop else first,
            _raised(state.raised_samples, end, next_id - state.next_id),
        ), tuple(events)

    def acknowledge(
        self, state: MachineState, now_ns: int, operator: str, alarm_id: int | None = None
    ) -> tuple[MachineState, Events]:
        """Acknowledge one open alarm, or all; one that is already over or acknowledged stays as it is."""
        _check_operator(operator)
        if alarm_id is not None and not 0 < alarm_id < state.next_id:
            raise ConfigurationError(f"{state.bed} never had an alarm {alarm_id}; see the alarm list.")
        slots, events = dict(state.slots), list[AlarmEvent]()
        for condition in self.conditions:
            slot = state.slots.get(condition.name, EMPTY)
            if slot.alarm is not None and alarm_id in (None, slot.alarm.id):
                slots[condition.name], happened = _acknowledged(slot, now_ns, operator)
                events += happened
        return replace(state, slots=slots), tuple(events)

    def pause_audio(self, state: MachineState, now_ns: int, operator: str) -> MachineState:
        """Be silent for two minutes, unless something graver than what sounds now comes up."""
        _check_operator(operator)
        level = max((a.priority for a in state.alarms if a.phase is not Phase.ACKNOWLEDGED), default=0)
        return replace(state, audio=AudioPause(now_ns + AUDIO_PAUSE_S * NS, int(level), operator))

    def resume_audio(self, state: MachineState, operator: str) -> MachineState:
        """End an audio pause early."""
        _check_operator(operator)
        return replace(state, audio=NO_PAUSE)

    def set_limits(self, state: MachineState, limits: Limits) -> MachineState:
        """Take other limits; the next observation is judged by them."""
        return replace(state, limits=limits)

    def restore(
        self, bed: str, events: Sequence[AlarmEvent], next_id: int, limits: Limits | None = None
    ) -> MachineState:
        """Take up a bed where the journal left it: its open alarms stand until observations end them."""
        names = {condition.name for condition in self.conditions}
        slots = {
            event.alarm.name: Slot(alarm=event.alarm, acknowledged_ns=event.time_ns)
            for event in events
            if event.alarm.bed == bed and event.alarm.phase is not Phase.ENDED and event.alarm.name in names
        }
        return MachineState(bed, limits or Limits(), slots, next_id)


@dataclass(frozen=True, slots=True)
class _Moment:
    """One condition at one observation."""

    condition: Condition
    observation: Observation
    next_id: int
    now_ns: int

    @property
    def at_s(self) -> float:
        """Time on the condition's own clock."""
        stream = self.condition.clock == "stream"
        return self.observation.end_sample / FS_HZ if stream else self.now_ns / NS

    def advance(self, slot: Slot, limits: Limits, slots: Mapping[str, Slot]) -> tuple[Slot, list[AlarmEvent]]:
        """Judge, remember, and let the alarm begin, go on or end."""
        if self.condition.name in limits.off or self._source_ended:
            return self._end(slot.watched(Watch()))
        if not _judgeable(self.condition, self.observation):
            if slot.is_empty:
                return slot, []
            slot = slot.watched(slot.watch.unjudged(self.at_s))
            return self._end(slot) if slot.watch.stale(self.at_s) else (slot, [])
        finding = self.condition.judge(self.observation, limits)
        if finding is None and slot.is_empty:
            return slot, []
        persistence = self.condition.persistence
        slot = slot.watched(slot.watch.seen(finding, self.at_s, persistence))
        if finding is None:
            return self._end(slot) if slot.watch.clears(self.at_s, persistence) else (slot, [])
        if slot.holds:
            return self._go_on(slot, finding)
        if not slot.watch.raises(self.at_s, persistence) or self._yields(slots):
            return slot, []
        return self._begin(slot, finding)

    @property
    def _source_ended(self) -> bool:
        """A device that took its leave ends what only its signal could tell."""
        gone = self.observation.source.state == "bye" and not self.observation.hop
        return gone and self.condition.clock == "stream"

    def _yields(self, slots: Mapping[str, Slot]) -> bool:
        return any(slots[name].holds for name in self.condition.yields_to if name in slots)

    def _begin(self, slot: Slot, finding: Finding) -> tuple[Slot, list[AlarmEvent]]:
        """Raise a new alarm, or wake the latched one: it is not repeated beside itself."""
        priority = finding.priority or self.condition.priority
        if slot.alarm is not None:
            priority = max(priority, slot.alarm.priority)
            alarm = replace(
                slot.alarm, phase=Phase.ACTIVE, priority=priority, text=finding.text, ended_sample=None
            )
            return self._with(slot, alarm, finding, Transition.REANNOUNCED)
        alarm = Alarm(
            id=self.next_id,
            bed=self.observation.bed,
            name=self.condition.name,
            kind=self.condition.kind,
            priority=priority,
            phase=Phase.ACTIVE,
            text=finding.text,
            onset_sample=slot.watch.onset_sample,
            raised_sample=self.observation.end_sample,
            raised_ns=self.now_ns,
        )
        return self._with(slot, alarm, finding, Transition.RAISED)

    def _go_on(self, slot: Slot, finding: Finding) -> tuple[Slot, list[AlarmEvent]]:
        """Refresh the text; a graver priority or a further lead is news, and undoes an acknowledgement."""
        assert slot.alarm is not None
        alarm, priority = slot.alarm, self._priority_now(slot.alarm, finding)
        if finding.text != alarm.text or priority != alarm.priority:
            alarm = replace(alarm, text=finding.text, priority=priority)
        about = finding.subjects if slot.subjects is None else slot.subjects
        worse = alarm.priority > slot.alarm.priority or not set(finding.subjects) <= set(about)
        if worse:
            alarm = replace(alarm, phase=Phase.ACTIVE, acknowledged_by=None)
        if worse or alarm.priority != slot.alarm.priority or finding.subjects != about:
            return self._with(slot, alarm, finding, Transition.UPDATED)
        waited_ns = self.now_ns - slot.acknowledged_ns
        if alarm.phase is Phase.ACKNOWLEDGED and not 0 <= waited_ns < REANNOUNCE_S * NS:
            alarm = replace(alarm, phase=Phase.ACTIVE, acknowledged_by=None)
            return self._with(slot, alarm, finding, Transition.REANNOUNCED)
        return replace(slot, alarm=alarm, subjects=finding.subjects), []

    def _priority_now(self, alarm: Alarm, finding: Finding) -> Priority:
        """Technical alarms follow their case; a patient alarm keeps the gravest it had."""
        priority = finding.priority or self.condition.priority
        return priority if alarm.kind is Kind.TECHNICAL else max(priority, alarm.priority)

    def _with(
        self, slot: Slot, alarm: Alarm, finding: Finding, transition: Transition
    ) -> tuple[Slot, list[AlarmEvent]]:
        slot = replace(slot, alarm=alarm, subjects=finding.subjects)
        return slot, [AlarmEvent(transition, alarm, self.now_ns)]

    def _end(self, slot: Slot) -> tuple[Slot, list[AlarmEvent]]:
        """The condition is over: the alarm ends, or latches if it must be and was not acknowledged."""
        if slot.alarm is None or not slot.holds:
            return slot, []
        alarm = replace(slot.alarm, ended_sample=self.observation.end_sample)
        if self.condition.latching and alarm.phase is Phase.ACTIVE:
            alarm = replace(alarm, phase=Phase.LATCHED)
            return replace(slot, alarm=alarm), [AlarmEvent(Transition.LATCHED, alarm, self.now_ns)]
        alarm = replace(alarm, phase=Phase.ENDED)
        return Slot(watch=slot.watch), [AlarmEvent(Transition.ENDED, alarm, self.now_ns)]


def _finds(condition: Condition, observation: Observation, limits: Limits) -> bool:
    """Whether the condition is there now."""
    if condition.name in limits.off or not _judgeable(condition, observation):
        return False
    return condition.judge(observation, limits) is not None


def _judgeable(condition: Condition, observation: Observation) -> bool:
    return (observation.hop or condition.clock == "wall") and condition.judgeable(observation)


def _audio(audio: AudioPause, events: Sequence[AlarmEvent], now_ns: int) -> AudioPause:
    """What is left of a pause: it ends by its time (or by a clock set back, which would prolong it), and at
    once when something graver than it was made for is announced.
    """
    if not now_ns < audio.until_ns <= now_ns + AUDIO_PAUSE_S * NS:
        return NO_PAUSE
    announced = (event.alarm.priority for event in events if event.alarm.phase is Phase.ACTIVE)
    return NO_PAUSE if max(announced, default=0) > audio.level else audio


def _raised(before: tuple[int, ...], end_sample: int, n_raised: int) -> tuple[int, ...]:
    """When alarms were raised, with those of now."""
    if not n_raised:
        return before
    return (*(n for n in before if n > end_sample - HOUR_N), *(end_sample,) * n_raised)


def _acknowledged(slot: Slot, now_ns: int, operator: str) -> tuple[Slot, list[AlarmEvent]]:
    """An active alarm is acknowledged; a latched one has nothing left to wait for and ends."""
    assert slot.alarm is not None
    if slot.alarm.phase is Phase.ACKNOWLEDGED:
        return slot, []
    alarm = replace(slot.alarm, phase=Phase.ACKNOWLEDGED, acknowledged_by=operator)
    events = [AlarmEvent(Transition.ACKNOWLEDGED, alarm, now_ns)]
    if slot.alarm.phase is Phase.ACTIVE:
        return replace(slot, alarm=alarm, acknowledged_ns=now_ns), events
    over = AlarmEvent(Transition.ENDED, replace(alarm, phase=Phase.ENDED), now_ns)
    return Slot(watch=slot.watch), [*events, over]


def _check_operator(operator: str) -> None:
    if not operator.strip():
        raise ConfigurationError("a command needs the operator's name: who acknowledges must be known.")
