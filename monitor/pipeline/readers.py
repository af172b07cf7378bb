from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from types import TracebackType
from typing import Self

from engine.window import Window
from monitor.pipeline.reading import Reading, WindowScorer, read
from monitor.pipeline.rhythm_watch import RhythmWatch


class Readers:
    """Threads that read batches of windows while their owner takes in samples and judges alarms.

    Arrays are long enough that the interpreter's lock is seldom held: two threads read nearly twice as much.

    Parameters
    ----------
    threads : int
        With 1 there is no thread but the caller's own.
    """

    def __init__(self, threads: int = 1) -> None:
        self.threads = threads
        self._pool = None if threads == 1 else ThreadPoolExecutor(threads, "reader")

    def start(
        self, windows: Sequence[Window], watches: Sequence[RhythmWatch], scorer: WindowScorer
    ) -> Future[list[Reading]]:
        """Begin to read windows, those of one bed in the order of time; no bed may be in two batches."""
        if self._pool is not None:
            return self._pool.submit(read, windows, watches, scorer)
        done: Future[list[Reading]] = Future()
        done.set_result(read(windows, watches, scorer))
        return done

    def close(self) -> None:
        """End the threads."""
        if self._pool is not None:
            self._pool.shutdown()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
