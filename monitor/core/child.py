"""A core in a process of its own, as its parent sees it."""

import json
import os
import select
import subprocess
import tempfile
from collections.abc import Sequence
from time import monotonic
from types import TracebackType
from typing import Final, Self

from engine.errors import ConfigurationError
from monitor.leash import END_S, end, leashed

START_S: Final = 30.0


class CoreChild:
    """Starts `ecg-monitor listen --headless OPTIONS` and always reaps it; it ends with its parent."""

    def __init__(self, options: Sequence[str]) -> None:
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115 - lives as long as the child
        self.process = leashed(["listen", "--headless", *options], subprocess.PIPE, self._errors)
        try:
            ready = self._ready()
        except BaseException:
            self.close()
            raise
        self.data, self.feed, self.commands = ready["data"], ready["feed"], ready["commands"]

    @property
    def alive(self) -> bool:
        """Whether the core still runs."""
        return self.process.poll() is None

    def last_words(self) -> str:
        """Return the last line the core wrote to stderr."""
        self._errors.seek(0)
        lines = self._errors.read().decode(errors="replace").strip().splitlines()
        return lines[-1].removeprefix("ecg-monitor: ") if lines else ""

    def close(self) -> None:
        """End the core in order; if it does not end, end it all the same."""
        end(self.process)
        self._errors.close()

    def _ready(self) -> dict[str, str]:
        """Wait for the line with which the core says where it listens."""
        assert self.process.stdout is not None
        line, deadline = b"", monotonic() + START_S
        while not line.endswith(b"\n"):
            if not select.select([self.process.stdout], [], [], max(0.0, deadline - monotonic()))[0]:
                raise ConfigurationError(
                    f"the core did not start within {START_S:g} s: is this machine overloaded?"
                )
            piece = os.read(self.process.stdout.fileno(), 4096)
            if not piece:
                self.process.wait(END_S)
                raise ConfigurationError(self.last_words() or "the core ended before it was ready")
            line += piece
        ready: dict[str, str] = json.loads(line)
        return ready

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
