"""A core as a whole process: start, say where it listens, end when asked."""

import json
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from engine.scorer import load_scorer
from monitor.core.core import Core
from monitor.core.settings import CoreSettings


def run_headless(settings: CoreSettings) -> int:
    """Run a core until SIGINT or SIGTERM."""
    with _signals() as signalled, Core(settings) as core:
        scorer = load_scorer(threads=settings.threads)
        ready = {
            "ready": True,
            "data": core.data,
            "feed": core.feed,
            "commands": core.commands,
            "journal": core.recorder.failing or core.recorder.directory,
        }
        print(json.dumps(ready), flush=True)  # noqa: T201 - for parents, scripts and people alike
        core.run(scorer, signalled)
    return 0


@contextmanager
def _signals() -> Iterator[Callable[[], bool]]:
    """Turn the signals that ask for an end into a flag, so that nothing is cut off in the middle."""
    got: list[int] = []
    before = {
        number: signal.signal(number, lambda number, _: got.append(number))
        for number in (signal.SIGINT, signal.SIGTERM)
    }
    try:
        yield lambda: bool(got)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
