"""What the benchmarks share: a core in a process of its own, its cost, and how figures are stated."""

import argparse
import json
import platform
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import psutil

ECG_MONITOR = [sys.executable, "-m", "monitor"]


def seconds(default: float = 30.0) -> float:
    """Read `--seconds` from the command line."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=float, default=default)
    return float(parser.parse_args().seconds)


def spread(values: Sequence[float], digits: int = 2) -> dict[str, float]:
    """State a sample of figures as median, p99 and maximum."""
    array = np.asarray(values, float)
    p50, p99 = np.percentile(array, [50, 99])
    return {
        "median": round(float(p50), digits),
        "p99": round(float(p99), digits),
        "max": round(float(array.max()), digits),
        "n": len(array),
    }


def machine() -> dict[str, Any]:
    """Name the machine that was measured."""
    return {"cpu": _cpu_name(), "cores": psutil.cpu_count(), "python": platform.python_version()}


def _cpu_name() -> str:
    cpuinfo = Path("/proc/cpuinfo")
    lines = cpuinfo.read_text().splitlines() if cpuinfo.exists() else []
    names = (line.split(":")[1].strip() for line in lines if line.startswith("model name"))
    return next(names, platform.processor())


def finish(result: dict[str, Any]) -> None:
    """Print the result as the last line."""
    print(json.dumps({**result, "machine": machine()}))


@dataclass(frozen=True)
class RunningCore:
    """A headless core and where it listens."""

    process: psutil.Process
    data: str
    feed: str
    commands: str


@contextmanager
def running_core(*options: str) -> Iterator[RunningCore]:
    """Start `ecg-monitor listen --headless` on free loopback ports, with a journal that is thrown away."""
    with tempfile.TemporaryDirectory() as journal:
        free = "tcp://127.0.0.1:0"
        command = [*ECG_MONITOR, "listen", "--headless", free, "--feed", free, "--commands", free]
        child = subprocess.Popen(
            [*command, "--journal", journal, *options], stdout=subprocess.PIPE, text=True
        )
        try:
            assert child.stdout is not None
            ready = json.loads(child.stdout.readline())
            yield RunningCore(psutil.Process(child.pid), ready["data"], ready["feed"], ready["commands"])
        finally:
            child.terminate()
            child.wait(10)


def memory_mb(process: psutil.Process) -> float:
    """Memory of a process and its children, what they use together counted once."""
    return sum(one.memory_full_info().pss for one in _family(process)) / 1e6


def _family(process: psutil.Process) -> list[psutil.Process]:
    return [process, *process.children(recursive=True)]


class Meter:
    """CPU time and memory of a process and its children from now on."""

    def __init__(self, process: psutil.Process) -> None:
        self._process = process
        self._cpu_s = self._used()
        self.peak_rss_mb = 0.0

    def _used(self) -> float:
        times = [one.cpu_times() for one in _family(self._process)]
        return float(sum(one.user + one.system for one in times))

    def look(self) -> None:
        """Note the memory in use."""
        self.peak_rss_mb = max(self.peak_rss_mb, self._process.memory_info().rss / 1e6)

    def cpu_percent(self, wall_s: float) -> float:
        """CPU time per wall time since the start, in percent of one core."""
        return round(100 * (self._used() - self._cpu_s) / wall_s, 1)
