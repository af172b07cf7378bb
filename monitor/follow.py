"""Following the feed without a screen: its values, and the silences between them."""

import sys
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Final, Protocol

from monitor.feed import FeedValue

POLL_S: Final = 0.25
SILENT_AFTER_S: Final = 3.0
INTERRUPTED: Final = 130
"""What shells expect of a program that was ended by Ctrl-C."""


class Feed(Protocol):
    """Where values come from; `monitor.feed.FeedReader` is one."""

    def poll(self, timeout_s: float = 0.0) -> Iterable[FeedValue]:
        """Wait for the first value, then give all that have arrived."""


@dataclass(frozen=True, slots=True)
class Silence:
    """The core has not been heard for longer than it ever pauses; said once for each silence."""

    seconds: float


@dataclass(frozen=True, slots=True)
class CoreEnded:
    """The core's process is gone: nobody watches. Nothing follows."""


def follow(
    feed: Feed, core_alive: Callable[[], bool], now_s: Callable[[], float] = time.monotonic
) -> Iterator[FeedValue | Silence | CoreEnded]:
    """Yield what the feed brings until the core has ended."""
    heard_s, said = now_s(), False
    while True:
        for value in feed.poll(POLL_S):
            heard_s, said = now_s(), False
            yield value
        if not core_alive():
            yield CoreEnded()
            return
        silent_s = now_s() - heard_s
        if silent_s > SILENT_AFTER_S and not said:
            said = True
            yield Silence(silent_s)


def to_the_end(body: Callable[[], int]) -> int:
    """Run a command that prints until someone has had enough: Ctrl-C (130) or a closed pipe (0)."""
    try:
        return body()
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        # The interpreter flushes stdout once more at exit; give it somewhere to go.
        sys.stdout = open("/dev/null", "w", encoding="utf-8")  # noqa: SIM115, PTH123  (lives until exit)
        return 0
