import statistics
from collections import Counter, deque
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import asdict
from functools import partial
from importlib.metadata import version
from types import TracebackType
from typing import Any, Final, Self

import zmq

from engine.errors import EcgMonitorError, WireError
from engine.scorer import Scorer
from monitor.core.clock import steady_clock
from monitor.core.noticeboard import Noticeboard
from monitor.core.orders import obey
from monitor.core.pace import Pace
from monitor.core.recorder import Recorder
from monitor.core.settings import CoreSettings
from monitor.core.speaker import HIGH_WATER, Speaker
from monitor.core.waveforms import Waveforms
from monitor.endpoints import bind, connect, data_socket, receive
from monitor.feed.request import Reply, Request, pack, unpack
from monitor.intake import Samples
from monitor.intake.intake import NO_BED
from monitor.journal.entry import Entry, EntryKind, alarm_entry, baseline_entry
from monitor.journal.trend import Trends
from monitor.memory import give_back_freed_memory
from monitor.pipeline import Outcome, Pipeline
from monitor.readers import Read, Readers
from monitor.readers.guarded import GuardedScorer
from monitor.update import CoreStatus

WAVE_PERIOD_NS: Final = 45_000_000
"""Waveform leaves for the viewers some 22 times a second."""
TURN_MS: Final = 8
MANY_TURN_MS: Final = 20
"""Messages are taken in at least so often: alone, and with processes that read windows, for which the core
should not take the processor away more often than it must (8 ms: a tenth more with 140 beds)."""
STATUS_PERIOD_NS: Final = 1_000_000_000
COVERAGE_PERIOD_NS: Final = 60_000_000_000
MAX_TAKEN: Final = 256
"""Messages taken in before anything else gets its turn."""
MAX_OBEYED: Final = 16
LATENCIES_KEPT: Final = 1000


class Core:
    """One loop around one pipeline: take in, obey, assess, record, publish."""

    def __init__(self, settings: CoreSettings) -> None:
        self.settings = settings
        self.now_ns = steady_clock()
        self._version = version("ecg-monitor")
        self._pace = Pace()
        self._trends = Trends()
        self._noticeboard = Noticeboard()
        self._held: Counter[str] = Counter()
        """Bed -> outcomes that wait until the journal has an alarm of theirs, or of one before them."""
        self._latencies_ms: deque[float] = deque(maxlen=LATENCIES_KEPT)
        self._waves_ns = self._status_ns = 0
        self._coverage_ns = self.now_ns()
        with ExitStack() as stack:
            self._open_sockets(stack)
            self.recorder = stack.enter_context(Recorder(settings.journal))
            self.waveforms = stack.enter_context(
                Waveforms(settings.record, settings.keep, self.recorder, self.now_ns())
            )
            self._stack = stack.pop_all()

    def _open_sockets(self, stack: ExitStack) -> None:
        settings, context = self.settings, stack.enter_context(zmq.Context())
        self._data = stack.enter_context(data_socket(context))
        reach = connect if settings.connect else bind
        self.data = reach(self._data, settings.data, settings.insecure)
        feed = stack.enter_context(context.socket(zmq.XPUB))
        feed.setsockopt(zmq.SNDHWM, HIGH_WATER)
        feed.setsockopt(zmq.LINGER, 500)
        self.feed = bind(feed, settings.feed, settings.insecure)
        self._speaker = Speaker(feed)
        self._requests = stack.enter_context(context.socket(zmq.ROUTER))
        self._requests.setsockopt(zmq.LINGER, 500)
        self._requests.setsockopt(zmq.MAXMSGSIZE, 2**16)
        self.commands = bind(self._requests, settings.commands, settings.insecure)

    def run(self, scorer: Scorer, stopped: Callable[[], bool]) -> None:
        """Watch over all beds until `stopped`; whatever breaks in here ends the core, and is journalled."""
        guarded = GuardedScorer(scorer)
        self._pipeline = Pipeline(
            guarded,
            self.settings.hop_s,
            self.recorder.restore,
            self.recorder.recall,
        )
        for bed in self.recorder.open_beds():
            self._pipeline.open(bed)
        self._readers = Readers(guarded, self.settings.precision, self.settings.readers, self.now_ns)
        self._stack.callback(self._readers.close)
        about = {"hop_s": self.settings.hop_s, **self.waveforms.about}
        self._note(EntryKind.START, model=scorer.model, backend=scorer.backend, **about)
        self.recorder.wait()
        try:
            while not stopped():
                self._turn()
        except BaseException as error:
            self._note(EntryKind.STOP, reason=f"died: {error!r}")
            self.recorder.wait()
            raise
        self.recorder.wait()
        self._take_in()  # what has arrived is recorded, and what is wrong with it told
        for bed in self._pipeline.beds:
            self._keep(self._pipeline.give(bed))
        now_ns = self.now_ns()
        self.recorder.append([*self._coverage(now_ns), *self._trends.rest()], now_ns)
        self.waveforms.close(now_ns)
        self.recorder.append(self._noticeboard.rest(self._pipeline.intake, now_ns), now_ns)
        self._note(EntryKind.STOP, reason="stopped in order")
        self.recorder.wait()

    def _turn(self) -> None:
        """Give everything its turn once."""
        self._wait()
        self.recorder.settle(self.now_ns())
        self._speaker.listen()  # before its snapshot is answered, a viewer is already heard
        self._obey()
        self._take_in()
        now_ns, read = self.now_ns(), self._readers.collect()
        due = self._is_gathered(now_ns)
        if now_ns - self._waves_ns >= WAVE_PERIOD_NS or due or read:
            self._waves_ns = now_ns
            self._show_waves()  # first, so that no result points at waveform that is not there yet
        if due:
            self._readers.give(self._pipeline.take())
            read += self._readers.collect()
        self._assess(read)
        if now_ns - self._status_ns >= STATUS_PERIOD_NS:
            self._status_ns = now_ns
            self._look_around(now_ns)

    def _wait(self) -> None:
        """Until a command comes, windows were read or gathered, entries are durable, or messages should be
        taken in.

        Not for messages: waking for each one of many beds costs more than it.
        """
        lines = self._readers.lines
        wait_ms = MANY_TURN_MS if lines else TURN_MS
        if self._pipeline.is_due and self._readers.is_free:
            wait_ms = min(wait_ms, -(-self._pipeline.gathering_ns(self.now_ns()) // 1_000_000))
        poller = zmq.Poller()
        poller.register(self._requests, zmq.POLLIN)
        poller.register(self.recorder.fileno(), zmq.POLLIN)
        for line in lines:
            poller.register(line, zmq.POLLIN)
        poller.poll(wait_ms)

    def _is_gathered(self, now_ns: int) -> bool:
        """Whether windows are due and would be read now."""
        return self._pipeline.is_due and self._readers.is_free and not self._pipeline.gathering_ns(now_ns)

    def _take_in(self) -> None:
        for _ in range(MAX_TAKEN):
            try:
                parts = receive(self._data)
            except zmq.Again:
                return
            if pieces := self._pipeline.receive(parts, self.now_ns()):
                self._keep(pieces)

    def _show_waves(self) -> None:
        for bed in filter(self._speaker.shows_waves, self._pipeline.beds):
            self._keep(self._pipeline.give(bed))
        self._speaker.flush()

    def _keep(self, pieces: Sequence[Samples]) -> None:
        self._speaker.collect(pieces)
        self.waveforms.take(pieces)

    def _obey(self) -> None:
        for _ in range(MAX_OBEYED):
            try:
                parts = self._requests.recv_multipart(zmq.NOBLOCK)
            except zmq.Again:
                return
            reply = self._answer(parts[-1])
            if reply is not None:
                self._requests.send_multipart([parts[0], pack(reply)])

    def _answer(self, body: bytes) -> Reply | None:
        try:
            request = unpack(Request, body)
        except WireError:
            return None  # no request: there is nobody to answer
        now_ns = self.now_ns()
        self.recorder.wait()  # nothing is told in a snapshot that is not durable yet
        try:
            done = obey(self._pipeline, request, now_ns, self.waveforms.run)
        except EcgMonitorError as error:
            return Reply(request.id, error=str(error))
        self.recorder.append(done.entries, now_ns)
        if done.outcome is not None:
            self._publish([done.outcome])
        return done.reply

    def _assess(self, read: Sequence[Read]) -> None:
        if not read:
            return
        self._pipeline.backend_degraded = self._readers.state.degraded
        outcomes = [
            outcome
            for one in read
            for outcome in self._pipeline.finish(one.batch, one.readings, one.watches, self.now_ns)
        ]
        self._tell(outcomes)
        latest_ms = max(outcome.update.latency_ms for outcome in outcomes)
        self._latencies_ms += [outcome.update.latency_ms for outcome in outcomes]
        self._keep_pace(latest_ms)

    def _keep_pace(self, latest_ms: float) -> None:
        self._pace = self._pace.after(latest_ms, self.now_ns(), self._pipeline.max_stride)
        if self._pipeline.stride != self._pace.stride:
            self._pipeline.stride = self._pace.stride
            hop_s = self._pace.stride * self.settings.hop_s
            self._note(EntryKind.PACE, hop_s=hop_s, late_ms=round(latest_ms))

    def _tell(self, outcomes: Sequence[Outcome]) -> None:
        """Make events durable, then show them, and what comes after them of their beds; others do not wait.

        What beds that began together do together is durable within a second.
        """
        for outcome in outcomes:
            if outcome.hop is not None:
                self.recorder.keep(self._trends.add(outcome.update, outcome.hop.st_mv))
            now_ns, bed = outcome.update.time_ns, outcome.update.bed
            self.recorder.keep([baseline_entry(note, now_ns, bed) for note in outcome.notes])
        speaking = {outcome.update.bed for outcome in outcomes if outcome.events}
        held = [one for one in outcomes if one.update.bed in speaking or one.update.bed in self._held]
        if held:
            self._held.update(outcome.update.bed for outcome in held)
            events = [alarm_entry(event, outcome.evidence) for outcome in held for event in outcome.events]
            self.recorder.post(events, self.now_ns(), partial(self._release, held))
        self._pipeline.journal_failing = self.recorder.failing
        self._publish([one for one in outcomes if one.update.bed not in self._held])

    def _release(self, held: Sequence[Outcome]) -> None:
        self._held -= Counter(outcome.update.bed for outcome in held)
        self._publish(held)

    def _publish(self, outcomes: Sequence[Outcome]) -> None:
        for outcome in outcomes:
            for event in outcome.events:
                self._speaker.say(event)
            self._speaker.say(outcome.update)

    def _look_around(self, now_ns: int) -> None:
        for bed in self._pipeline.silent(now_ns):
            self._keep(self._pipeline.give(bed))
        self._readers.enlist(len(self._pipeline.beds))
        for text in self._readers.take_news():
            self._note(EntryKind.FINDING, name="reader_lost", text=text, count=1)
        self._tell(self._pipeline.tick(now_ns))
        self.waveforms.look_around(self._pipeline, now_ns)
        self.recorder.post(self._noticeboard.news(self._pipeline.intake, now_ns), now_ns)
        if now_ns - self._coverage_ns >= COVERAGE_PERIOD_NS:
            self._coverage_ns = now_ns
            self.recorder.post(self._coverage(now_ns), now_ns)
            give_back_freed_memory()
        self._speaker.say(self._status(now_ns))

    def _status(self, now_ns: int) -> CoreStatus:
        latencies = sorted(self._latencies_ms) or [0.0]
        return CoreStatus(
            time_ns=now_ns,
            version=self._version,
            backend=self._readers.state.backend,
            beds=self._pipeline.beds,
            journal=self.recorder.failing or "ok",
            latency_p50_ms=statistics.median(latencies),
            latency_p99_ms=latencies[int(0.99 * len(latencies))],
            alarms_per_bed_hour=self._pipeline.alarms_per_bed_hour,
            banners=tuple(self._banners(now_ns)),
        )

    def _banners(self, now_ns: int) -> list[str]:
        banners = [
            f"stray messages: {finding.text}" for finding in self._pipeline.intake.findings(NO_BED, now_ns)
        ]
        if self.settings.insecure:
            banners.append("INSECURE: sockets may be reached from other machines, without keys")
        if self.recorder.failing is not None:
            banners.append(f"JOURNAL FAILING: {self.recorder.failing}")
        if self.waveforms.failing is not None:
            banners.append(f"RECORDING FAILING, alarms go on: {self.waveforms.failing}")
        model = self._readers.state
        if model.failing is not None:
            banners.append(f"MODEL FAILING, rate alarms go on: {model.failing}")
        elif model.degraded is not None:
            banners.append(f"BACKEND DEGRADED, alarms go on: {model.degraded}")
        banners += model.remarks
        if self.recorder.n_lost:
            banners.append(f"JOURNAL INCOMPLETE: {self.recorder.n_lost} entries could never be written")
        if self._pace.stride > 1:
            hop_s = self._pace.stride * self.settings.hop_s
            banners.append(
                f"NOT KEEPING UP: windows are {hop_s:g} s apart instead of {self.settings.hop_s:g} s"
            )
        return banners

    def _note(self, kind: EntryKind, **body: Any) -> None:
        now_ns = self.now_ns()
        self.recorder.post([Entry(kind, now_ns, {"version": self._version, **body})], now_ns)

    def _coverage(self, now_ns: int) -> list[Entry]:
        return [
            Entry(EntryKind.COVERAGE, now_ns, asdict(self._pipeline.known(bed).update.coverage), bed)
            for bed in self._pipeline.beds
        ]

    def close(self) -> None:
        """Let go of the sockets and the journal."""
        self._stack.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
