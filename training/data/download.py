"""Files from the web: a few at a time, each checked before it gets its name: no part passes for whole.

The transfer itself is wfdb's (two connections, kept open, so as not to overload PhysioNet). wfdb alone
neither checks what arrived nor notices that a server has fallen silent.
"""

import errno
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Final

from wfdb.io.download import dl_full_file

from engine.errors import ConfigurationError
from training.data.manifest import is_whole

NO_ROOM: Final = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
_CONNECTIONS: Final = 2
_AGAIN: Final = "look at the network, then give the same command again; what is there stays"
_BUSY: Final = (429, 500, 502, 503, 504)


_Outcomes = SimpleQueue[tuple[str, BaseException | None]]
"""Each file that is done, with what went wrong."""


class _DamagedError(Exception):
    """What arrived has another checksum."""


class _AbsentError(Exception):
    """The server has no such file."""


@dataclass(frozen=True, slots=True)
class Download:
    """From a folder on the web to one on disk."""

    url: str
    folder: Path
    silence_s: float = 300.0
    """Without one whole file for so long, the connection is given up. The largest has 9 MB."""
    pauses_s: tuple[float, ...] = (1.0, 4.0, 16.0)
    """Before each further try, where trying again may help; a first contact that fails is told at once."""

    def run(self, files: Mapping[str, str], advance: Callable[[], None]) -> dict[str, str]:
        """Fetch files with these checksums; gives those that could not be had, with the reason.

        `advance` is called for each file that is done. What would stop every further file (no network, no
        room, no permission) ends the download with an error.
        """
        todo: SimpleQueue[str] = SimpleQueue()
        done: _Outcomes = SimpleQueue()
        for name in files:
            todo.put(name)
        stop = threading.Event()
        workers = [
            threading.Thread(target=self._work, args=(files, todo, done, stop), daemon=True)
            for _ in range(min(_CONNECTIONS, len(files)))
        ]
        for worker in workers:
            worker.start()
        try:
            return self._collect(len(files), done, advance)
        finally:
            stop.set()
            for worker in workers:
                worker.join(timeout=0.2)

    def one(self, name: str, check: Callable[[Path], object]) -> None:
        """Fetch one file that has no checksum; `check` raises if it is not what it should be."""
        done: _Outcomes = SimpleQueue()
        act = partial(self._receive, name, ())
        threading.Thread(target=lambda: done.put((name, _error_of(act))), daemon=True).start()
        _, error = self._next(done)
        if isinstance(error, _AbsentError):
            raise ConfigurationError(f"{self.url} holds no {name}: it is not where the data is") from error
        if error:
            raise error
        arrived = self._unfinished(name)
        try:
            check(arrived)
        except ConfigurationError:
            arrived.unlink(missing_ok=True)
            raise
        arrived.replace(self.folder / name)

    def _collect(self, n: int, done: _Outcomes, advance: Callable[[], None]) -> dict[str, str]:
        failed: dict[str, str] = {}
        for _ in range(n):
            name, error = self._next(done)
            if isinstance(error, _DamagedError):
                failed[name] = "wrong checksum, twice"
            elif isinstance(error, _AbsentError):
                failed[name] = "not on the server"
            elif error:
                raise error
            else:
                advance()
        return failed

    def _next(self, done: _Outcomes) -> tuple[str, BaseException | None]:
        try:
            return done.get(timeout=self.silence_s)
        except Empty:
            raise ConfigurationError(
                f"nothing has come from {self.url} for {self.silence_s:g} s: {_AGAIN}"
            ) from None

    def _work(
        self, files: Mapping[str, str], todo: "SimpleQueue[str]", done: _Outcomes, stop: threading.Event
    ) -> None:
        while not stop.is_set():
            try:
                name = todo.get_nowait()
            except Empty:
                return
            done.put((name, _error_of(partial(self._fetch, name, files[name]))))

    def _unfinished(self, name: str) -> Path:
        """A name that nobody takes for the file's."""
        return self.folder / f"{name}.part"

    def _fetch(self, name: str, sha256: str) -> None:
        for last_try in (False, True):
            self._receive(name, self.pauses_s)
            arrived = self._unfinished(name)
            if is_whole(arrived, sha256):
                arrived.replace(self.folder / name)
                return
            arrived.unlink(missing_ok=True)
            if last_try:
                raise _DamagedError

    def _receive(self, name: str, pauses_s: tuple[float, ...]) -> None:
        """Bring what the server has under this name, unchecked."""
        path = self._unfinished(name)
        for pause_s in (*pauses_s, None):
            try:
                path.parent.mkdir(parents=True, exist_ok=True)
                dl_full_file(f"{self.url}/{name}", str(path))
            except OSError as error:
                if pause_s is None or not _may_pass(error):
                    raise self._explained(error) from error
                threading.Event().wait(pause_s)
            else:
                return

    def _explained(self, error: OSError) -> Exception:
        """One sentence of what went wrong, and the cure."""
        status = getattr(error, "status_code", None)
        if status == 404:
            return _AbsentError()
        if status is not None:
            return ConfigurationError(f"{self.url} refuses ({error}): {_AGAIN}")
        if error.errno in NO_ROOM:
            return ConfigurationError(
                f"no room left for {self.folder} ({error.strerror}): free some space, then give the same "
                "command again; what is there stays"
            )
        if not _is_network(error):
            return ConfigurationError(
                f"{error.filename or self.folder} cannot be written ({error.strerror}): name another folder "
                "(--to)"
            )
        return ConfigurationError(f"no connection to {self.url} ({_root(error)}): {_AGAIN}")


def _error_of(act: Callable[[], None]) -> BaseException | None:
    """What an act ends with; the thread that waits must hear of it, whatever it is."""
    try:
        act()
    except BaseException as error:
        return error
    return None


def _may_pass(error: OSError) -> bool:
    """Whether the next try may succeed: a busy server, a connection that broke."""
    status = getattr(error, "status_code", None)
    return status in _BUSY if status is not None else _is_network(error)


def _is_network(error: OSError) -> bool:
    """The requests package gives its errors no number, unlike the file system."""
    return error.errno is None or isinstance(error, ConnectionError | TimeoutError)


def _root(error: BaseException) -> str:
    """What happened at the bottom of requests' chain of exceptions, in a few words."""
    while (deeper := error.__cause__ or error.__context__) is not None:
        error = deeper
    return getattr(error, "strerror", None) or str(error) or type(error).__name__
