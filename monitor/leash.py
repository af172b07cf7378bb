"""`python -m monitor.leash COMMAND ...` runs a command that ends with its parent.

The parent holds the other end of stdin and never writes to it: when it is gone, however it ended, stdin
closes and the command gets a SIGTERM.
"""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Sequence
from typing import IO, Final

from monitor.cli import main

END_S: Final = 10.0


def leashed(words: Sequence[str], stdout: int, stderr: int | IO[bytes]) -> subprocess.Popen[bytes]:
    """Start an `ecg-monitor` command as a child that cannot outlive this process.

    In a session of its own: a Ctrl-C in the terminal is for the parent, which then ends the child in order.
    """
    return subprocess.Popen(
        [sys.executable, "-m", "monitor.leash", *words],
        stdin=subprocess.PIPE,
        stdout=stdout,
        stderr=stderr,
        start_new_session=True,
    )


def end(child: subprocess.Popen[bytes]) -> None:
    """End a child in order; if it does not end, end it all the same."""
    child.terminate()
    try:
        child.wait(END_S)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()
    for pipe in (child.stdin, child.stdout):
        if pipe is not None:
            pipe.close()


def _wait_for_the_parent_to_end() -> None:
    os.read(0, 1)
    os.kill(os.getpid(), signal.SIGTERM)


if __name__ == "__main__":
    threading.Thread(target=_wait_for_the_parent_to_end, daemon=True).start()
    sys.exit(main())
