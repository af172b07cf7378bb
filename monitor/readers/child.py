"""Reads windows for a core: `python -m monitor.readers.child ORDER LINE MEMORY`.

It remembers nothing between two batches, so that nothing is lost with it, and ends when its core is gone.
"""

import json
import os
import signal
import sys
from typing import Final

from engine.scorer import load_scorer
from monitor.memory import keep_freed_memory
from monitor.pipeline.reading import read
from monitor.readers.answer import Answer
from monitor.readers.guarded import GuardedScorer
from monitor.readers.order import Order
from monitor.readers.post import Post

NICENESS: Final = 5
"""The core's own thread, which takes in samples and alarms, goes first."""


def serve(post: Post, order: Order) -> None:
    """Read batch after batch until the line is cut."""
    scorer = GuardedScorer(
        load_scorer(backend=order.backend, threads=1, precision=order.precision, step_down=True)
    )
    post.send(scorer.model)
    while True:
        windows, watches = post.borrow()  # nothing of them is needed once they are answered
        readings = read(windows, watches, scorer)
        post.send(Answer.of(readings, watches, scorer.state))


def main(words: list[str]) -> int:
    """Serve one core."""
    for number in (signal.SIGINT, signal.SIGTERM):  # the core ends its readers, when it needs them no more
        signal.signal(number, signal.SIG_IGN)
    keep_freed_memory()
    os.nice(NICENESS)
    post = Post(int(words[1]), int(words[2]), first=False)
    try:
        serve(post, Order(**json.loads(words[0])))
    except (EOFError, ConnectionError):
        return 0
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
