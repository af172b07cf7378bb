from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

from monitor.pipeline.batch import Batch
from monitor.pipeline.reading import Reading, read
from monitor.pipeline.rhythm_watch import RhythmWatch
from monitor.readers.guarded import GuardedScorer, ModelState
from monitor.readers.order import Order
from monitor.readers.reader import Reader, ReaderGoneError, start_readers

ON_CPU: Final = ("onnx", "torch")
"""Backends of which every process may have one: a GPU is fed best by one process, with all windows."""
BEDS_ALONE: Final = 24
"""So many beds the core watches over by itself: processes would cost more than they give."""
RESTART_NS: Final = 10_000_000_000
AGAIN_NS: Final = 60_000_000_000
"""Losing a process is news; losing two within so long is a failure."""


@dataclass(frozen=True, slots=True, eq=False)
class Read:
    """A batch, what its windows say, and what is now remembered of their beds' beats."""

    batch: Batch
    readings: list[Reading]
    watches: list[RhythmWatch]


class Readers:
    """Reads windows: in the core's own thread, or in processes beside it once there are many beds.

    A window is some thousand calls on short arrays, which two threads of one Python do no faster than one.
    Nothing depends on who reads: what is remembered of a bed travels with its windows, and the batch of a
    process that dies is read again here.

    Parameters
    ----------
    scorer : GuardedScorer
        The core's own.
    precision : str
        As the core's own scorer was loaded with.
    count : int
        Processes; 0 for none.
    clock : callable
        Nanoseconds, never back.
    """

    def __init__(self, scorer: GuardedScorer, precision: str, count: int, clock: Callable[[], int]) -> None:
        self._scorer = scorer
        self._precision = precision
        self._count = count
        self._clock = clock
        self._crew: list[Reader] = []
        self._read: list[Read] = []
        self._lost: str | None = None
        """What became of the last process that was lost, until all are there again."""
        self._lost_ns = -AGAIN_NS
        self._keeps_failing = False
        self._news: list[str] = []

    def enlist(self, n_beds: int) -> None:
        """Bring the processes up to their number, if there are beds for them."""
        now_ns, backend = self._clock(), self._scorer.backend
        too_early = self._lost is not None and now_ns - self._lost_ns < RESTART_NS
        if n_beds <= BEDS_ALONE or too_early or backend not in ON_CPU:
            return
        missing = self._count - len(self._crew)
        try:
            if missing > 0:
                order = Order(backend, self._precision)
                self._crew += start_readers(order, self._scorer.model, now_ns, missing)
        except OSError as error:
            self._tell(f"a reading process cannot be started ({error.strerror or error}); it is tried again")

    @property
    def pids(self) -> tuple[int, ...]:
        """Of the processes."""
        return tuple(reader.pid for reader in self._crew)

    @property
    def lines(self) -> list[int]:
        """To be watched: something has been read when one of these can be."""
        return [reader.fileno() for reader in self._crew]

    @property
    def is_free(self) -> bool:
        """Whether a batch would be read at once."""
        return any(reader.is_free for reader in self._crew) or not any(
            reader.is_ready for reader in self._crew
        )

    def give(self, batch: Batch) -> None:
        """Have a batch read."""
        for reader in self._crew:
            if reader.is_free:
                try:
                    reader.give(batch, self._clock())
                except ReaderGoneError as gone:
                    self._lose(reader, gone)
                return
        self._read_here(batch)

    def collect(self) -> list[Read]:
        """What has been read since the last time."""
        for reader in tuple(self._crew):
            try:
                answer = reader.take(self._clock())
            except ReaderGoneError as gone:
                self._lose(reader, gone)
                continue
            if answer is not None and reader.batch is not None:
                batch, reader.batch = reader.batch, None
                self._read.append(Read(batch, answer.readings(batch.windows), list(answer.watches)))
        if self._lost is not None and len(self._crew) == self._count and all(r.is_ready for r in self._crew):
            self._lost = None
        read, self._read = self._read, []
        return read

    @property
    def state(self) -> ModelState:
        """How the model is doing where it is doing worst."""
        states = [reader.state for reader in self._crew if reader.state is not None] or [self._scorer.state]
        worst = min(states, key=lambda state: (state.failing is None, state.degraded is None))
        if self._lost is None:
            return worst
        if self._keeps_failing:
            return worst.but(self._lost)
        return replace(worst, remarks=(*worst.remarks, self._lost))

    def take_news(self) -> list[str]:
        """What became of processes since the last time, for the journal."""
        news, self._news = self._news, []
        return news

    def close(self) -> None:
        """End the processes."""
        for reader in self._crew:
            reader.close()
        self._crew = []

    def _lose(self, reader: Reader, gone: ReaderGoneError) -> None:
        self._tell(f"a reading process was lost ({gone}): the core read what it held; another is started")
        self._crew.remove(reader)
        reader.close()
        if reader.batch is not None:
            self._read_here(reader.batch)

    def _tell(self, news: str) -> None:
        now_ns = self._clock()
        self._keeps_failing, self._lost_ns = now_ns - self._lost_ns < AGAIN_NS, now_ns
        self._lost = news
        self._news.append(news)

    def _read_here(self, batch: Batch) -> None:
        watches = batch.watches
        readings = read(batch.windows, watches, self._scorer, batch.briefs)
        self._read.append(Read(batch, readings, watches))
