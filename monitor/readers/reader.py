import json
import os
import subprocess
import sys
from contextlib import suppress
from dataclasses import asdict
from typing import Final

from engine.errors import EcgMonitorError
from monitor.pipeline.batch import Batch
from monitor.readers.answer import Answer
from monitor.readers.guarded import ModelState
from monitor.readers.order import Order
from monitor.readers.post import Post

HUNG_NS: Final = 5_000_000_000
"""A batch takes a fifth of a second; a process that says nothing for so long will not say anything more."""
START_NS: Final = 60_000_000_000


class ReaderGoneError(EcgMonitorError):
    """A reading process ended, or says nothing any more."""


class Reader:
    """A process that reads windows, as the core sees it.

    Parameters
    ----------
    order : Order
        What it runs on.
    model : str
        The model that it must have.
    now_ns : int
        When it is started.

    Raises
    ------
    OSError
        If the system gives no process, memory or descriptors for it.
    """

    def __init__(self, order: Order, model: str, now_ns: int) -> None:
        self.batch: Batch | None = None
        """What it is reading."""
        self.state: ModelState | None = None
        """Of its model, as it last was; None until it has read something."""
        self.is_ready = False
        """Whether it takes batches: it first has to load the model."""
        self._model = model
        self._since_ns = now_ns
        self._post, ends = Post.pair()
        words = [json.dumps(asdict(order)), *map(str, ends)]
        try:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "monitor.readers.child", *words],
                stdin=subprocess.DEVNULL,
                pass_fds=ends,
                start_new_session=True,
            )
        except OSError:
            self._post.close()
            raise
        finally:
            for end in ends:
                os.close(end)

    @property
    def pid(self) -> int:
        """Of the process."""
        return self._process.pid

    @property
    def is_free(self) -> bool:
        """Whether it waits for a batch."""
        return self.is_ready and self.batch is None

    def fileno(self) -> int:
        """To be watched for what it says."""
        return self._post.fileno()

    def give(self, batch: Batch, now_ns: int) -> None:
        """Let it read a batch; ReaderGoneError if it is gone."""
        self.batch, self._since_ns = batch, now_ns
        try:
            self._post.send((batch.windows, batch.watches))
        except OSError:
            raise ReaderGoneError(self._last_words()) from None

    def take(self, now_ns: int) -> Answer | None:
        """What it has read, if it has; ReaderGoneError if nothing will come any more."""
        if not self._post.has_mail():
            patience_ns = HUNG_NS if self.is_ready else START_NS
            if (self.batch is not None or not self.is_ready) and now_ns - self._since_ns > patience_ns:
                raise ReaderGoneError(f"it said nothing for {patience_ns / 1e9:g} s")
            return None
        try:
            said = self._post.receive()
        except (EOFError, OSError):
            raise ReaderGoneError(self._last_words()) from None
        if isinstance(said, Answer):
            self.state = said.state
            return said
        if said != self._model:
            raise ReaderGoneError(f"it has the model {said}, the core {self._model}")
        self.is_ready = True
        return None

    def _last_words(self) -> str:
        try:
            code = self._process.wait(1.0)
        except subprocess.TimeoutExpired:
            return "it closed its line"
        return f"it was ended by signal {-code}" if code < 0 else f"it ended with code {code}"

    def close(self) -> None:
        """End it; it has nothing to lose."""
        self._process.kill()
        with suppress(subprocess.TimeoutExpired):  # it goes some time; beds do not wait for that
            self._process.wait(1.0)
        self._post.close()
