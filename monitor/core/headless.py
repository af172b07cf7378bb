"""A core as a whole process: start, say where it listens, end when asked or when its parent is gone."""

import json
import select
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from engine.scorer import load_scorer
from monitor.core.core import Core
from monitor.core.settings import CoreSettings


def run_headless(settings: CoreSettings, with_parent: bool) -> int:
    """Run a core until SIGINT or SIGTERM (or the end of stdin, which a parent holds open)."""
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
        core.run(scorer, lambda: signalled() or (with_parent and _parent_gone()))
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


def _parent_gone() -> bool:
    """Nothing is ever written to stdin: it is readable when its other end has closed."""
    return bool(select.select([sys.stdin], [], [], 0)[0])
