"""Work that takes longer than a key press: one thread, what was asked for last comes first to be shown."""

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Final

from engine.errors import EcgMonitorError

_END: Final = object()


@dataclass(slots=True)
class _Job:
    key: Any
    results: Iterator[Any]
    newest: Any = None
    failed: str = ""
    done: bool = False


class Workbench:
    """Jobs yield better and better results; those of different slots take turns."""

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="review")
        self._jobs: dict[str, _Job] = {}
        self._shown: dict[str, Any] = {}
        self._last: Future[None] | None = None
        self.version = 0
        """Changes with every result."""

    def want(self, slot: str, key: Any, make: Callable[[], Iterator[Any]]) -> None:
        """Begin a job unless the slot's present one is the same; the one before it is dropped."""
        job = self._jobs.get(slot)
        if job is None or job.key != key:
            self._jobs[slot] = job = _Job(key, _lazily(make))
            self._last = self._thread.submit(self._step, slot, job)

    def forget(self, slot: str) -> None:
        """Let the slot's next job begin anew even if it is the same; what it gave stays until then."""
        self._jobs.pop(slot, None)

    def result(self, slot: str) -> Any:
        """The newest result of a slot, even if it is an earlier job's; None before the first."""
        return self._shown.get(slot)

    def take(self, slot: str) -> Any:
        """The newest result of a slot, once."""
        return self._shown.pop(slot, None)

    def failed(self, slot: str) -> str:
        """Why the slot's job came to nothing; empty if it did not."""
        job = self._jobs.get(slot)
        return "" if job is None else job.failed

    def busy(self, slot: str) -> bool:
        """Whether the slot's job may yield more."""
        job = self._jobs.get(slot)
        return job is not None and not job.done

    @property
    def idle(self) -> bool:
        """Whether every job has come to its end."""
        return all(job.done for job in list(self._jobs.values()))

    def close(self) -> None:
        """Drop what is under way."""
        self._jobs.clear()
        self._thread.shutdown(wait=True, cancel_futures=True)

    def _step(self, slot: str, job: _Job) -> None:
        if self._jobs.get(slot) is not job:
            return
        try:
            result = next(job.results, _END)
        except EcgMonitorError as error:
            result, job.failed = _END, str(error)
        except Exception as error:  # whatever an odd signal provokes: said on the screen, which goes on
            result, job.failed = _END, f"{type(error).__name__}: {error}".splitlines()[0]
        if result is _END:
            job.done = True
        elif self._jobs.get(slot) is job:
            job.newest = self._shown[slot] = result
        self.version += 1
        if not job.done:
            self._resubmit(slot, job)

    def _resubmit(self, slot: str, job: _Job) -> None:
        try:
            self._last = self._thread.submit(self._step, slot, job)
        except RuntimeError:  # closed meanwhile
            job.done = True


def _lazily(make: Callable[[], Iterator[Any]]) -> Iterator[Any]:
    yield from make()
