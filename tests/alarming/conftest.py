"""A scripted bed: seconds of made-up rhythm go through real windows and vitals into the alarm machine."""

from collections.abc import Sequence

import numpy as np
import pytest

from engine.arrays import frozen
from engine.beats import Beats
from engine.grid import FS_HZ, WINDOW_N
from engine.quality import LeadState, Quality
from engine.scoremap import ScoreMap
from engine.span import Span
from engine.vitals import Vitals, vitals_of
from engine.window import Window
from monitor.alarms.alarm import Alarm, AlarmEvent, Transition
from monitor.alarms.limits import Limits
from monitor.alarms.machine import AlarmMachine
from monitor.alarms.observation import Observation, observe_hop
from monitor.alarms.state import MachineState
from monitor.intake import Finding
from monitor.update import Source

NS = 1_000_000_000
OK = (LeadState.OK,) * 12


class Bed:
    """One bed at a hop of 1 s; every method moves its time on and keeps what happened."""

    def __init__(self, limits: Limits | None = None) -> None:
        self.machine = AlarmMachine()
        self.state = MachineState("ward.1", limits or Limits())
        self.events: list[AlarmEvent] = []
        self.t_s = 0
        self.wall_s = 1000.0
        self.peaks: list[int] = []
        self.valid: list[bool] = []  # by second
        self.next_beat = 100.0
        self.ever_valid = False

    def run(
        self,
        seconds: int,
        rate_bpm: float = 75.0,
        *,
        states: Sequence[LeadState] = OK,
        valid: bool = True,
        score: float | None = 0.5,
        spans: Sequence[Span] = (),
        source: str = "live",
        findings: Sequence[str] = (),
        latency_ms: float = 50.0,
        backend_degraded: str | None = None,
        journal_failing: str | None = None,
    ) -> list[AlarmEvent]:
        """Let so many hops pass; `rate_bpm` 0 is no beats, `score` None a window that is not assessed."""
        happened: list[AlarmEvent] = []
        for _ in range(seconds):
            window, quality, beats, vitals = self._second(rate_bpm, states, valid)
            observation = observe_hop(
                window,
                quality,
                beats,
                vitals,
                self._score(score),
                spans,
                Source(source),
                since_last_beat_s=self._since_last_beat_s(quality),
                ever_valid=self.ever_valid,
                findings=[Finding(name, "words") for name in findings],
                latency_ms=latency_ms,
                backend_degraded=backend_degraded,
                journal_failing=journal_failing,
                model="hash",
            )
            happened += self.observe(observation)
        return happened

    def tick(self, seconds: float, source: str = "live", findings: Sequence[str] = ()) -> list[AlarmEvent]:
        """Let wall-clock time pass without samples."""
        self.wall_s += seconds
        reported = tuple(Finding(name, "words") for name in findings)
        return self.observe(
            Observation("ward.1", self.end, Source(source), findings=reported, ever_valid=self.ever_valid)
        )

    def observe(self, observation: Observation) -> list[AlarmEvent]:
        self.state, events = self.machine.step(self.state, observation, self.now_ns)
        self.events += events
        return list(events)

    def acknowledge(self, alarm_id: int | None = None, operator: str = "nurse") -> list[AlarmEvent]:
        self.state, events = self.machine.acknowledge(self.state, self.now_ns, operator, alarm_id)
        self.events += events
        return list(events)

    def pause(self) -> None:
        self.state = self.machine.pause_audio(self.state, self.now_ns, "nurse")

    @property
    def end(self) -> int:
        return self.t_s * FS_HZ

    @property
    def now_ns(self) -> int:
        return int(self.wall_s * NS)

    def alarm(self, name: str) -> Alarm | None:
        return next((alarm for alarm in self.state.alarms if alarm.name == name), None)

    def names(self) -> set[str]:
        return {alarm.name for alarm in self.state.alarms}

    def raised(self, name: str) -> list[Alarm]:
        return [e.alarm for e in self.events if e.transition is Transition.RAISED and e.alarm.name == name]

    def _second(
        self, rate_bpm: float, states: Sequence[LeadState], valid: bool
    ) -> tuple[Window, Quality, Beats, Vitals]:
        self.t_s += 1
        self.wall_s += 1
        self.valid.append(valid)
        self.next_beat = max(self.next_beat, self.end - FS_HZ) if rate_bpm else self.end + 50.0
        while rate_bpm and self.next_beat < self.end:
            if valid:
                self.peaks.append(int(self.next_beat))
                self.ever_valid = True
            self.next_beat += 60.0 / rate_bpm * FS_HZ
        quality = Quality(tuple(states), frozen(np.ones(12, np.float32)))
        window = self._window(states)
        inside = [p for p in self.peaks if window.start_sample <= p and quality.assessable.any()]
        votes = frozen(np.ones(len(inside), np.float32))
        beats = Beats(frozen(np.array(inside, np.int64)), votes, int(quality.assessable.sum()))
        return window, quality, beats, vitals_of(beats, window, quality)

    def _window(self, states: Sequence[LeadState]) -> Window:
        seconds = ([False] * 10 + self.valid)[-10:]
        off = np.array([state is LeadState.OFF for state in states])
        present = np.array([state is not LeadState.ABSENT for state in states])
        valid = np.repeat(np.array(seconds), FS_HZ) & present[:, None] & ~off[:, None]
        x = np.zeros((12, WINDOW_N), np.float32)
        return Window("ward.1", self.end, frozen(x), frozen(valid), frozen(present), frozen(off))

    def _since_last_beat_s(self, quality: Quality) -> float | None:
        known = bool(self.peaks) and bool(quality.assessable.any())
        return (self.end - self.peaks[-1]) / FS_HZ if known else None

    def _score(self, score: float | None) -> ScoreMap:
        reason = None if score is not None else "noise"
        empty = frozen(np.zeros((12, 1000), np.float32))
        return ScoreMap("ward.1", self.end, empty, float("nan") if score is None else score, 1.0, reason)


@pytest.fixture
def bed() -> Bed:
    """A bed in sinus rhythm, 20 s old, without alarms."""
    bed = Bed()
    bed.run(20)
    assert bed.events == []
    return bed


@pytest.fixture
def new_bed() -> type[Bed]:
    return Bed
