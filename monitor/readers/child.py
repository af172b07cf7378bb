"""Reads windows for a core: `python -m monitor.readers.child ORDER LINE MEMORY [LINE MEMORY ...]`.

One process for each line: the model is loaded once, and the others are forked from the one that did. They
remember nothing between two batches, so that nothing is lost with one, and end when their core is gone.
"""

import gc
import json
import os
import signal
import sys
from collections.abc import Sequence
from time import monotonic
from typing import Final

from engine.scorer import load_scorer
from monitor.memory import give_back_freed_memory, keep_freed_memory
from monitor.pipeline.reading import read
from monitor.readers.answer import Answer
from monitor.readers.guarded import GuardedScorer
from monitor.readers.order import Order
from monitor.readers.post import Post

NICENESS: Final = 5
"""The core's own thread, which takes in samples and alarms, goes first."""
TRIM_S: Final = 60.0
"""Memory that only a large batch needs goes back to the system so often."""


def serve(post: Post, scorer: GuardedScorer) -> None:
    """Read batch after batch until the line is cut."""
    post.send((scorer.model, os.getpid()))
    trimmed_s = monotonic()
    while True:
        answer(post, scorer)
        if monotonic() - trimmed_s >= TRIM_S:
            give_back_freed_memory()
            trimmed_s = monotonic()


def answer(post: Post, scorer: GuardedScorer) -> None:
    """Read one batch, of which nothing is needed once it is answered."""
    windows, watches, briefs = post.borrow()
    readings = read(windows, watches, scorer, briefs)
    post.send(Answer.of(readings, watches, scorer.state))


def own_line(posts: Sequence[Post]) -> Post:
    """Fork a process for each line but the first; return the line of the process that this is.

    What all have in common lies in memory once, as long as the garbage collector leaves it alone.
    """
    gc.freeze()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # what was forked leaves nothing behind
    for post in posts[1:]:
        if os.fork() == 0:
            for other in posts:
                if other is not post:
                    other.close()
            return post
        post.close()  # a line is cut when the one process that has it ends
    return posts[0]


def main(words: Sequence[str]) -> int:
    """Serve one core."""
    for number in (signal.SIGINT, signal.SIGTERM):  # the core ends its readers, when it needs them no more
        signal.signal(number, signal.SIG_IGN)
    keep_freed_memory()
    os.nice(NICENESS)
    order = Order(**json.loads(words[0]))
    ends = map(int, words[1:])
    posts = [Post(line, memory, first=False) for line, memory in zip(ends, ends, strict=True)]
    scorer = load_scorer(backend=order.backend, threads=1, precision=order.precision, step_down=True)
    try:
        serve(own_line(posts), GuardedScorer(scorer))
    except (EOFError, ConnectionError):
        return 0
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
