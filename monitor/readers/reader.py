import json
import os
import signal
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
    """A process that reads windows, as the core sees it. `start_readers` starts some.

    Parameters
    ----------
    family : Popen
        The process that was started: this one, or the one that it is forked from.
    post : Post
        The line to it.
    model : str
        The model that it must have.
    now_ns : int
        When it was started.
    """

    def __init__(self, family: subprocess.Popen[bytes], post: Post, model: str, now_ns: int) -> None:
        self.batch: Batch | None = None
        """What it is reading."""
        self.state: ModelState | None = None
        """Of its model, as it last was; None until it has read something."""
        self.is_ready = False
        """Whether it takes batches: the model has to be loaded first."""
        self.pid = family.pid
        """Of the process; until it is ready, of the one that loads the model."""
        self._family = family
        self._post = post
        self._model = model
        self._since_ns = now_ns
        self._is_gone = False

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
            self._post.send((batch.windows, batch.watches, batch.briefs))
        except OSError:
            raise self._gone() from None

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
            raise self._gone() from None
        if isinstance(said, Answer):
            self.state = said.state
            return said
        model, self.pid = said
        if model != self._model:
            raise ReaderGoneError(f"it has the model {model}, the core {self._model}")
        self.is_ready = True
        return None

    def _gone(self) -> ReaderGoneError:
        self._is_gone = True
        if self.pid != self._family.pid:
            return ReaderGoneError("it closed its line")
        try:
            code = self._family.wait(1.0)
        except subprocess.TimeoutExpired:
            return ReaderGoneError("it closed its line")
        return ReaderGoneError(
            f"it was ended by signal {-code}" if code < 0 else f"it ended with code {code}"
        )

    def close(self) -> None:
        """End it; it has nothing to lose."""
        if self.pid == self._family.pid:
            self._family.kill()
            with suppress(subprocess.TimeoutExpired):  # it goes some time; beds do not wait for that
                self._family.wait(1.0)
        elif not self._is_gone:
            with suppress(ProcessLookupError):
                os.kill(self.pid, signal.SIGKILL)
        self._post.close()


def start_readers(order: Order, model: str, now_ns: int, count: int) -> list[Reader]:
    """Start processes that share what is the same in all of them.

    Parameters
    ----------
    order : Order
        What they run on.
    model : str
        The model that they must have.
    now_ns : int
        When they are started.
    count : int
        How many, at least one.

    Raises
    ------
    OSError
        If the system gives no process, memory or descriptors for them.
    """
    posts: list[Post] = []
    ends: list[int] = []
    try:
        for _ in range(count):
            post, theirs = Post.pair()
            posts.append(post)
            ends += theirs
        family = subprocess.Popen(
            [sys.executable, "-m", "monitor.readers.child", json.dumps(asdict(order)), *map(str, ends)],
            stdin=subprocess.DEVNULL,
            pass_fds=ends,
            start_new_session=True,
        )
    except OSError:
        for post in posts:
            post.close()
        raise
    finally:
        for end in ends:
            os.close(end)
    return [Reader(family, post, model, now_ns) for post in posts]
