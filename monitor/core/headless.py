"""A core as a whole process: start, say where it listens, end when asked."""

import gc
import json
import signal
from collections.abc import Iterator
from contextlib import contextmanager

from engine.scorer import load_scorer
from monitor.core.core import Core
from monitor.core.settings import CoreSettings
from monitor.memory import keep_freed_memory


def run_headless(settings: CoreSettings) -> int:
    """Run a core until SIGINT (130, as shells expect after Ctrl-C) or SIGTERM (0)."""
    keep_freed_memory()
    with _signals() as signals, Core(settings) as core:
        scorer = load_scorer(
            backend=settings.backend,
            threads=settings.threads,
            precision=settings.precision,
            step_down=True,
        )
        ready = {
            "ready": True,
            "data": core.data,
            "feed": core.feed,
            "commands": core.commands,
            "journal": core.recorder.failing or core.recorder.directory,
        }
        print(json.dumps(ready), flush=True)  # noqa: T201 - for parents, scripts and people alike
        gc.freeze()  # what is there by now stays: collections need not look at it again
        core.run(scorer, lambda: bool(signals))
    return 130 if signal.SIGINT in signals else 0


@contextmanager
def _signals() -> Iterator[list[int]]:
    """Collect the signals that ask for an end, so that nothing is cut off in the middle."""
    got: list[int] = []
    before = {
        number: signal.signal(number, lambda number, _: got.append(number))
        for number in (signal.SIGINT, signal.SIGTERM)
    }
    try:
        yield got
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
