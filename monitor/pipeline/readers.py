from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from types import TracebackType
from typing import Final, Self

from engine.window import Window
from monitor.pipeline.reading import Reading, WindowScorer, read
from monitor.pipeline.rhythm_watch import RhythmWatch

MIN_GROUP: Final = 4
"""Fewer windows are not worth another thread: a batch costs little more than one of its windows."""


class Readers:
    """Threads that read windows: arrays are long enough that the interpreter's lock is seldom held.

    Parameters
    ----------
    threads : int
        With 1, everything happens in the caller's own.
    """

    def __init__(self, threads: int = 1) -> None:
        self.threads = threads
        self._pool = None if threads == 1 else ThreadPoolExecutor(threads - 1, "reader")

    def read(
        self, windows: Sequence[Window], watches: Sequence[RhythmWatch], scorer: WindowScorer
    ) -> list[Reading]:
        """Read windows, all of one bed in the same thread and in their order."""
        first, *others = _groups(watches, min(self.threads, max(1, len(windows) // MIN_GROUP)))
        futures = [
            (rows, self._pool.submit(read, *_of(rows, windows, watches), scorer))
            for rows in others
            if self._pool is not None
        ]
        done = [(first, read(*_of(first, windows, watches), scorer))]
        done += [(rows, future.result()) for rows, future in futures]
        placed = {row: reading for rows, found in done for row, reading in zip(rows, found, strict=True)}
        return [placed[row] for row in range(len(windows))]

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


def _groups(watches: Sequence[RhythmWatch], n: int) -> list[list[int]]:
    """Rows in at most `n` groups of about the same size, no bed in two of them."""
    groups: list[list[int]] = [[] for _ in range(n)]
    group_of: dict[int, list[int]] = {}
    for row, watch in enumerate(watches):
        group = group_of.setdefault(id(watch), min(groups, key=len))
        group.append(row)
    return [group for group in groups if group]


def _of(
    rows: Sequence[int], windows: Sequence[Window], watches: Sequence[RhythmWatch]
) -> tuple[list[Window], list[RhythmWatch]]:
    return [windows[row] for row in rows], [watches[row] for row in rows]
