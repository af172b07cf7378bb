"""How soon the command line answers: `ecg-monitor --help` and `--version` as whole processes."""

import subprocess
import sys
from time import perf_counter

from bench_tools import ECG_MONITOR, finish, seconds, spread

TIMES = 20


def timed_ms(words: list[str]) -> list[float]:
    """Run a command `TIMES` times after one warm-up; wall time of each, ms."""
    taken = []
    for _ in range(TIMES + 1):
        start = perf_counter()
        subprocess.run(words, stdout=subprocess.DEVNULL, check=True)
        taken.append(1000 * (perf_counter() - start))
    return taken[1:]


if __name__ == "__main__":
    seconds()
    finish(
        {
            "help_ms": spread(timed_ms([*ECG_MONITOR, "--help"])),
            "listen_help_ms": spread(timed_ms([*ECG_MONITOR, "listen", "--help"])),
            "bare_python_ms": spread(timed_ms([sys.executable, "-c", "pass"])),
            "limit_help_ms": 300,
        }
    )
