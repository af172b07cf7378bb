"""The operator's commands on their way to the core: never waited for by the screen."""

from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Protocol

from engine.errors import EcgMonitorError


class Commands(Protocol):
    """What a screen can ask of the core; `monitor.feed.CommandClient` does it."""

    def acknowledge(self, bed: str, alarm_id: int | None = None) -> None:
        """Acknowledge one alarm of a bed, or all."""

    def pause_audio(self, bed: str, pause: bool = True) -> None:
        """Silence a bed's alarm sounds for a while, or end that."""

    def close(self) -> None:
        """Let go of the core."""


class Hand:
    """One thread that owns the command socket; what became of each command comes back as a sentence."""

    MAX_WAITING = 8

    def __init__(self, connect: Callable[[], Commands]) -> None:
        self._connect = connect
        self._commands: Commands | None = None
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="commands")
        self._n_waiting = 0
        self._said: deque[str] = deque(maxlen=self.MAX_WAITING)

    def acknowledge(self, bed: str, alarm_id: int | None) -> None:
        """Acknowledge one alarm of the bed, or all."""
        self._do("acknowledged", lambda commands: commands.acknowledge(bed, alarm_id))

    def pause_audio(self, bed: str, pause: bool) -> None:
        """Pause the bed's sound, or end the pause."""
        done = "sound paused" if pause else "sound on again"
        self._do(done, lambda commands: commands.pause_audio(bed, pause))

    def said(self) -> str | None:
        """The next answer that has come, if any."""
        return self._said.popleft() if self._said else None

    def close(self) -> None:
        """Finish what is under way and let go of the core."""
        self._thread.submit(self._let_go)
        self._thread.shutdown(wait=True, cancel_futures=False)

    def _let_go(self) -> None:
        if self._commands is not None:
            self._commands.close()

    def _do(self, done: str, command: Callable[[Commands], None]) -> None:
        if self._n_waiting >= self.MAX_WAITING:
            self._said.append("the core does not answer; not done")
            return
        self._n_waiting += 1
        self._thread.submit(self._run, done, command)

    def _run(self, done: str, command: Callable[[Commands], None]) -> None:
        try:
            if self._commands is None:
                self._commands = self._connect()
            command(self._commands)
            self._said.append(done)
        except EcgMonitorError as error:
            self._said.append(str(error))
        finally:
            self._n_waiting -= 1
