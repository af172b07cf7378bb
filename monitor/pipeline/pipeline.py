from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from itertools import islice, zip_longest
from typing import Final

from engine.errors import ConfigurationError
from engine.grid import FS_HZ, HOP_S, WINDOW_S
from engine.localize import localize
from monitor.alarms.limits import Limits
from monitor.alarms.machine import AlarmMachine
from monitor.alarms.observation import Observation, observe_hop
from monitor.alarms.state import MachineState
from monitor.baseline import BaselineWatch, Recalled
from monitor.intake import Intake, Samples
from monitor.pipeline.batch import Batch, Cut
from monitor.pipeline.bed import Bed
from monitor.pipeline.outcome import Hop, Outcome
from monitor.pipeline.reading import Reading, WindowScorer, read
from monitor.pipeline.rhythm_watch import RhythmWatch
from monitor.update import Source
from monitor.wire import Message
from monitor.wire.codec import CONTROL_FRAMES
from monitor.wire.topic import parse_topic

BATCH: Final = 8
"""Windows read in one call, where no more wait: the last of them waits for the first ..."""
MAX_BATCH: Final = 12
"""... and where more wait, half of them, up to so many: on a full machine larger ones cost no less a window,
and memory goes by the largest."""
GATHER_NS: Final = 10_000_000
GATHER_NS_PER_BED: Final = 500_000
"""Measured with 80 beds: 5, 15 and 50 ms give a p99 of 193, 236 and 331 ms from sample to result, at 96, 90
and 76 % of a core; where a step takes long, windows gather by themselves."""
TICK_NS: Final = 1_200_000_000
"""A bed without windows is looked at this often."""

Restore = Callable[[str], MachineState]
Recall = Callable[[str], Recalled | None]


class Pipeline:
    """All beds of one core. Time is passed in, from a clock that never goes back."""

    def __init__(
        self,
        scorer: WindowScorer,
        hop_s: float = HOP_S,
        restore: Restore = MachineState,
        recall: Recall = lambda bed: None,
        learn_baselines: bool = True,
    ) -> None:
        if not 0.1 <= hop_s <= WINDOW_S:
            raise ConfigurationError(
                f"a hop of {hop_s:g} s is not possible: choose 0.1 to {WINDOW_S} s (a window is so long)"
            )
        self.intake = Intake()
        self.stride = 1
        """Every so many hops a window is cut; more than 1 while the monitor does not keep up."""
        self.journal_failing: str | None = None
        """Why alarms are not being written; every bed says so."""
        self.recording_failing: str | None = None
        """Why waveforms are not being stored; every bed says so."""
        self.backend_degraded: str | None = None
        """Why the model does not do its work; every bed says so."""
        self._scorer = scorer
        self._hop_n = round(hop_s * FS_HZ)
        self._machine = AlarmMachine()
        self._restore = restore
        self._recall = recall
        self._learn_baselines = learn_baselines
        self._restarts: dict[str, int] = {}
        """Bed -> restarts of its source so far."""
        self._beds: dict[str, Bed] = {}
        self._due: dict[str, Bed] = {}
        """Beds of which a window can be cut."""

    @property
    def max_stride(self) -> int:
        """Windows may not be further apart than they are long."""
        return max(1, WINDOW_S * FS_HZ // self._hop_n)

    @property
    def beds(self) -> tuple[str, ...]:
        """Beds watched over."""
        return tuple(self._beds)

    @property
    def is_due(self) -> bool:
        """Whether `step` has work."""
        return bool(self._due)

    def gathering_ns(self, now_ns: int) -> int:
        """How long `step` may still wait, so that windows of more beds come into one batch; 0: not at all.

        At most `GATHER_NS` from the arrival of the first, half a millisecond for each bed that might still
        come: a single bed waits for nobody.
        """
        if len(self._due) >= min(BATCH, len(self._beds)):
            return 0
        first_ns = min((bed.stream.arrived_ns for bed in self._due.values()), default=now_ns)
        patience_ns = min(GATHER_NS, len(self._beds) * GATHER_NS_PER_BED)
        return max(0, first_ns + patience_ns - now_ns)

    @property
    def alarms_per_bed_hour(self) -> float:
        """Alarms raised in the last hour, mean over the beds."""
        rates = [bed.state.alarms_per_hour for bed in self._beds.values()]
        return sum(rates) / len(rates) if rates else 0.0

    def receive(self, parts: list[bytes], now_ns: int) -> list[Samples]:
        """Take in one message; return the samples that are now complete."""
        pieces = self.intake.accept(parts, now_ns)
        if pieces:
            self._stored(pieces)
        topic = parse_topic(parts[0]) if len(parts) == CONTROL_FRAMES else None
        if topic is not None and topic[1]:
            self._note_goodbye(topic[2], now_ns)
            self._note_restart(topic[2])
        return pieces

    def receive_message(self, message: Message, now_ns: int) -> list[Samples]:
        """Take in one decoded message."""
        pieces = self._stored(self.intake.accept_message(message, now_ns))
        self._note_goodbye(message.bed, now_ns)
        self._note_restart(message.bed)
        return pieces

    def silent(self, now_ns: int) -> list[str]:
        """Beds that have had no window for longer than a hop takes: what waits there may wait in vain."""
        return [name for name, bed in self._beds.items() if now_ns - bed.told_ns >= TICK_NS]

    def give(self, bed: str) -> list[Samples]:
        """Return the samples of a bed that wait until its next window is whole: a viewer will not wait."""
        return self._stored(self.intake.give(bed))

    def step(self, clock: Callable[[], int] | None = None) -> list[Outcome]:
        """Assess windows that are due, of all beds in one batch; call again until nothing comes.

        `clock` is read once the windows are read; without one, each happens when its last sample arrived.
        """
        if not self._due:
            return []
        batch = self.take()
        readings = read(batch.windows, batch.watches, self._scorer, batch.briefs)
        return self.finish(batch, readings, batch.watches, clock)

    def take(self) -> Batch:
        """Cut windows that are due, for somebody to read them; `finish` must be given what they say.

        Of a bed whose windows are being read none is cut: what they teach is known to the bed's next.
        """
        for bed in self._due.values():
            if (skipped := bed.stream.skipped()) is not None:
                bed.missed(*skipped)
        at_most = min(max(BATCH, len(self._due) // 2), MAX_BATCH)
        cuts = tuple(self._cut(bed, end) for bed, end in islice(self._queue(), at_most))
        for cut in cuts:
            cut.bed.is_read = True
            self._due.pop(cut.window.bed, None)
        return Batch(cuts)

    def finish(
        self,
        batch: Batch,
        readings: Sequence[Reading],
        watches: Sequence[RhythmWatch],
        clock: Callable[[], int] | None = None,
    ) -> list[Outcome]:
        """Let windows that were read pass through the alarms.

        `watches` are the batch's, as the reading left them; one that was begun anew meanwhile stays so.
        """
        for cut, watch in zip(batch.cuts, watches, strict=True):
            cut.bed.is_read = False
            if cut.bed.rhythm is cut.watch:
                cut.bed.rhythm = watch
        for cut in batch.cuts:
            self._forget_ended(cut.bed)
            self._note_due(cut.window.bed)
        now_ns = None if clock is None else clock()
        return [
            self._hop(cut, reading, cut.arrived_ns if now_ns is None else now_ns)
            for cut, reading in zip(batch.cuts, readings, strict=True)
        ]

    def tick(self, now_ns: int) -> list[Outcome]:
        """Let time pass for beds that have had no window for longer than a hop takes."""
        for name in self.intake.beds:
            self._bed(name)
        return [
            bed.tick(self._tick(name, bed, now_ns), now_ns)
            for name, bed in self._beds.items()
            if now_ns - bed.told_ns >= TICK_NS and name not in self._due and not bed.is_read
        ]

    def open(self, bed: str) -> None:
        """Watch over a bed before it sends anything, because its alarms stand from before."""
        self._bed(bed)

    def acknowledge(self, bed: str, operator: str, alarm_id: int | None, now_ns: int) -> Outcome:
        """Acknowledge one alarm of a bed, or all."""
        known = self.known(bed)
        return known.changed(*self._machine.acknowledge(known.state, now_ns, operator, alarm_id), now_ns)

    def pause_audio(self, bed: str, operator: str, pause: bool, now_ns: int) -> Outcome:
        """Silence a bed's alarms for a while, or end that."""
        known = self.known(bed)
        if pause:
            state = self._machine.pause_audio(known.state, now_ns, operator)
        else:
            state = self._machine.resume_audio(known.state, operator)
        return known.changed(state, (), now_ns)

    def set_limits(self, bed: str, limits: Limits, now_ns: int) -> Outcome:
        """Judge a bed by other limits from now on."""
        known = self.known(bed)
        return known.changed(self._machine.set_limits(known.state, limits), (), now_ns)

    def order_baseline(self, bed: str, operator: str, action: str, now_ns: int) -> Outcome:
        """Forget what was learned of a bed's patient, or learn it anew."""
        known = self.known(bed)
        known.baseline.order(action, operator)
        return known.changed(known.state, (), now_ns)

    def known(self, bed: str) -> Bed:
        """Return a bed, or refuse a name that never sent anything."""
        if bed not in self._beds:
            there = ", ".join(self._beds) or "none yet"
            raise ConfigurationError(f"this core has no bed {bed!r}; its beds: {there}")
        return self._beds[bed]

    def _stored(self, pieces: Sequence[Samples]) -> list[Samples]:
        for samples in pieces:
            bed = self._bed(samples.bed)
            bed.stream.push(samples)
            self.intake.want(samples.bed, bed.stream.next_due)
            self._note_due(samples.bed)
        return list(pieces)

    def _note_goodbye(self, name: str, now_ns: int) -> None:
        """Cut one last window when the source took its leave, however short of a hop its samples end."""
        if name in self._beds and self.intake.source(name, now_ns).state == "bye":
            self._beds[name].stream.ended = True
            self._beds[name].baseline.new_session(self._beds[name].stream.head)
            self._note_due(name)
            self._forget_ended(self._beds[name])

    def _forget_ended(self, bed: Bed) -> None:
        """Forget the beats of a source that took its leave, once its last window was judged by them."""
        if bed.stream.ended and not bed.stream.is_due:
            bed.rhythm = RhythmWatch()

    def _note_restart(self, name: str) -> None:
        """Tell the baseline that the source was restarted or replaced."""
        n_restarts = self.intake.counters_of(name).get("restart", 0)
        if name in self._beds and n_restarts != self._restarts.get(name, 0):
            self._restarts[name] = n_restarts
            self._beds[name].baseline.new_session(self._beds[name].stream.head)
            self._beds[name].rhythm = RhythmWatch()

    def _note_due(self, name: str) -> None:
        bed = self._beds[name]
        if bed.stream.is_due and not bed.is_read:
            self._due[name] = bed

    def _bed(self, name: str) -> Bed:
        if name not in self._beds:
            baseline = BaselineWatch(self._scorer.model, self._recall(name), self._learn_baselines, name)
            self._beds[name] = Bed(name, self._hop_n, self._machine, self._restore(name), baseline)
        return self._beds[name]

    def _cut(self, bed: Bed, end_sample: int) -> Cut:
        window, arrived_ns = bed.stream.cut(end_sample, self.stride)
        if bed.baseline.awaits_source:
            bed.baseline.recall(self.intake.source(window.bed, arrived_ns).patient, arrived_ns)
        return Cut(bed, bed.rhythm, bed.baseline.brief(end_sample), window, arrived_ns)

    def _queue(self) -> Iterator[tuple[Bed, int]]:
        """Yield what is due, one window of each bed in turn, so that no bed waits for another's backlog.

        A window that a baseline is to be learned with is its bed's last: the next is compared with that.
        """
        queues = [self._due_of(bed) for bed in self._due.values()]
        for turn in zip_longest(*queues):
            yield from (due for due in turn if due is not None)

    def _due_of(self, bed: Bed) -> Iterator[tuple[Bed, int]]:
        for end in bed.stream.due(self.stride):
            yield bed, end
            if bed.baseline.learns_at(end):
                return

    def _hop(self, cut: Cut, reading: Reading, now_ns: int) -> Outcome:
        bed, window = cut.bed, cut.window
        source = self._live(window.bed, now_ns)
        score = bed.baseline.judge(
            reading.score, source.patient, now_ns, bed.is_grave, cut.brief, reading.own
        )
        spans = tuple(localize(score))
        observation = observe_hop(
            window,
            reading.quality,
            reading.beats,
            reading.vitals,
            score,
            spans,
            source,
            since_last_beat_s=bed.since_last_beat_s(reading.beats, reading.vitals, window.end_sample),
            ever_valid=bed.ever_valid,
            findings=self.intake.findings(window.bed, now_ns),
            latency_ms=(now_ns - cut.arrived_ns) / 1e6,
            backend_degraded=self.backend_degraded,
            journal_failing=self.journal_failing,
            recording_failing=self.recording_failing,
            rhythm_failing=bed.rhythm.failing,
            model=self._scorer.model,
            baseline=bed.baseline.status,
            rhythm=reading.rhythm,
            st=reading.st,
            swapped=reading.swapped,
        )
        hop = Hop(
            window.bed,
            window.start_sample,
            window.end_sample,
            reading.quality,
            reading.beats,
            score,
            spans,
            reading.st_mv,
        )
        return bed.hop(hop, window, observation, now_ns)

    def _live(self, bed: str, now_ns: int) -> Source:
        """Describe the source as it was when the window's samples came: the goodbye comes after them."""
        source = self.intake.source(bed, now_ns)
        return replace(source, state="live") if source.state == "bye" else source

    def _tick(self, name: str, bed: Bed, now_ns: int) -> Observation:
        return Observation(
            name,
            bed.stream.last_end,
            self.intake.source(name, now_ns),
            ever_valid=bed.ever_valid,
            findings=self.intake.findings(name, now_ns),
            backend_degraded=self.backend_degraded,
            journal_failing=self.journal_failing,
            recording_failing=self.recording_failing,
        )
