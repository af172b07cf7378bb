"""How many beds one core watches over at once: 12 leads at 500 Hz, hop 1 s, everything on.

For each number of beds a core (decode, rings, quality, R peaks, beat classes, rhythm, model, localization,
alarms, journal, feed) is fed over ZeroMQ by another process, and a viewer of all beds looks on. It holds
if every window was assessed in its turn, no sample was lost, and the time from the moment a window's last
sample is taken at the electrode to the viewer's having the result (the alarms went out just before it) stays
below the limit at p99. The result's `beds` is the largest number that held.
"""

import argparse
import json
import math
import subprocess
import sys
from collections import Counter
from pathlib import Path
from time import monotonic
from typing import Any

import msgpack
import psutil
import zmq
from bench_tools import Meter, RunningCore, finish, memory_mb, running_core, spread

from engine.grid import FS_HZ, WINDOW_S

LIMIT_P99_MS = 250.0
LIMIT_BED_MB = 1.5
WARM_UP_S = 15.0
"""Until whole windows have been assessed a few times."""
DEVICES = Path(__file__).parent / "ward_feed.py"


def cpu_by_process(core: psutil.Process) -> dict[str, float]:
    """CPU time so far of the core itself and of the processes that read for it, s."""
    own, readers = core.cpu_times(), [child.cpu_times() for child in core.children(recursive=True)]
    return {"core": own.user + own.system, "readers": sum(one.user + one.system for one in readers)}


class Viewer:
    """Subscribed to every bed's updates; notes what is needed and decodes no more."""

    def __init__(self, core: RunningCore, n_beds: int) -> None:
        self._socket = zmq.Context.instance().socket(zmq.SUB)
        self._socket.setsockopt(zmq.RCVHWM, 100_000)
        self._socket.setsockopt(zmq.SUBSCRIBE, b"bed.")
        self._socket.setsockopt(zmq.SUBSCRIBE, b"core.")
        self._socket.connect(core.feed)
        self._n_beds = n_beds
        self.latency_ms: list[float] = []
        self.windows: Counter[int] = Counter()
        """Bed -> windows seen after the warm-up."""
        self.reasons: Counter[str] = Counter()
        self.lost: Counter[str] = Counter()
        self.banners: set[str] = set()
        self.n_alarms = 0
        self._ends: dict[int, int] = {}

    def watch(self, start_s: float, until_s: float) -> None:
        """Look until a moment."""
        while (left_s := until_s - monotonic()) > 0:
            if self._socket.poll(math.ceil(1000 * left_s)):
                topic, body = self._socket.recv_multipart()
                now_s, update = monotonic(), msgpack.unpackb(body)
                if topic == b"core.":
                    self.banners |= {banner[:40] for banner in update["banners"]}
                else:
                    self._note(update, now_s - start_s)

    def _note(self, update: dict[str, Any], now_s: float) -> None:
        number, end = int(update["bed"].partition(".")[2]), int(update["end_sample"])
        if end == self._ends.get(number):
            return  # an alarm changed, no new window
        self._ends[number] = end
        taken_s = number / self._n_beds + end / FS_HZ
        self.lost.update({**update["source"]["counters"]})
        if taken_s >= WARM_UP_S:
            self.windows[number] += 1
            self.latency_ms.append(1000 * (now_s - taken_s))
            self.n_alarms += len(update["alarms"])
            if update["reason"] is not None:
                self.reasons[update["reason"]] += 1

    def close(self) -> None:
        """Let go of the feed."""
        self._socket.close(0)


def measure(n_beds: int, seconds: float, options: list[str]) -> dict[str, Any]:
    """Run one number of beds."""
    total_s = WARM_UP_S + seconds
    with running_core(*options) as core:
        empty_mb = memory_mb(core.process)
        words = [core.data, "--beds", str(n_beds), "--seconds", str(total_s)]
        devices = subprocess.Popen(
            [sys.executable, str(DEVICES), *words], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        assert devices.stdin is not None and devices.stdout is not None
        viewer = Viewer(core, n_beds)
        try:
            devices.stdout.readline()
            start_s = monotonic() + 0.5
            print(start_s, file=devices.stdin, flush=True)
            viewer.watch(start_s, start_s + WARM_UP_S)
            device_meter = Meter(psutil.Process(devices.pid))
            before, used_mb = cpu_by_process(core.process), []
            for second in range(1, round(seconds) + 1):
                viewer.watch(start_s, start_s + WARM_UP_S + second)
                used_mb.append(memory_mb(core.process))
            cpu = {name: after - before[name] for name, after in cpu_by_process(core.process).items()}
            device_cpu = device_meter.cpu_percent(seconds)
            viewer.watch(start_s, start_s + total_s + 2.0)
            sender = json.loads(devices.stdout.readline() or "{}")
        finally:
            viewer.close()
            devices.kill()
    return _judged(n_beds, seconds, viewer, empty_mb, used_mb, cpu, device_cpu, sender)


def _judged(
    n_beds: int,
    seconds: float,
    viewer: Viewer,
    empty_mb: float,
    used_mb: list[float],
    cpu_s: dict[str, float],
    device_cpu: float,
    sender: dict[str, Any],
) -> dict[str, Any]:
    expected = n_beds * (math.floor(seconds) - 1)
    seen = sum(min(viewer.windows[number], math.floor(seconds) - 1) for number in range(n_beds))
    latency = spread(viewer.latency_ms or [math.inf], 1)
    late_third = len(used_mb) * 2 // 3
    grown = used_mb[-1] / max(used_mb[late_third], 1) if used_mb else 1.0
    held = seen == expected and not viewer.lost and not viewer.banners and latency["p99"] <= LIMIT_P99_MS
    return {
        "beds": n_beds,
        "held": bool(held),
        "seconds": seconds,
        "latency_ms": latency,
        "windows_missing": expected - seen,
        "lost": dict(viewer.lost),
        "not_assessed": dict(viewer.reasons),
        "banners": sorted(viewer.banners),
        "cpu_percent_of_one_core": round(100 * sum(cpu_s.values()) / seconds, 1),
        "cpu_ms_per_bed_second": {name: round(1e3 * s / seconds / n_beds, 2) for name, s in cpu_s.items()},
        "devices_cpu_percent_of_one_core": device_cpu,
        "devices": sender,
        "memory_mb": round(used_mb[-1], 1),
        "mb_per_bed": round((used_mb[-1] - empty_mb) / n_beds, 2),
        "memory_last_over_two_thirds": round(grown, 3),
    }


def draw(runs: list[dict[str, Any]], path: Path) -> None:
    """Cost and latency over the number of beds."""
    import matplotlib

    matplotlib.use("agg")
    from matplotlib.figure import Figure

    figure = Figure(figsize=(7, 3.2), layout="constrained")
    cost, latency = figure.subplots(1, 2)
    beds = [run["beds"] for run in runs]
    cost.plot(
        beds,
        [run["cpu_percent_of_one_core"] for run in runs],
        "o-",
        label="CPU, % of one core",
    )
    cost.plot(beds, [run["memory_mb"] for run in runs], "s-", label="memory, MB")
    latency.plot(beds, [run["latency_ms"]["median"] for run in runs], "o-", label="median")
    latency.plot(beds, [run["latency_ms"]["p99"] for run in runs], "s-", label="p99")
    latency.axhline(LIMIT_P99_MS, color="grey", linestyle=":", label="limit of p99")
    latency.set_ylabel("sample to result, ms")
    for axes in (cost, latency):
        axes.set_xlabel("beds")
        axes.set_ylim(bottom=0)
        axes.legend(frameon=False)
    figure.savefig(path)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--beds", default="25,50,100,150,200", help="numbers to try, in rising order")
    parser.add_argument("--plot", type=Path, metavar="FILE.svg")
    parser.add_argument("--threads", default="2", help="of the core's model")
    parser.add_argument("--readers", default="2", help="processes that read windows, above 24 beds")
    arguments = parser.parse_args()
    options = ["--threads", arguments.threads, "--readers", arguments.readers]
    runs: list[dict[str, Any]] = []
    for n in map(int, arguments.beds.split(",")):
        runs.append(measure(n, arguments.seconds, options))
        print(json.dumps(runs[-1]), file=sys.stderr)
        if not runs[-1]["held"]:
            break
    if arguments.plot is not None:
        draw(runs, arguments.plot)
    largest = max((run["beds"] for run in runs if run["held"]), default=0)
    finish(
        {
            "beds": largest,
            "leads": 12,
            "source_hz": 500,
            "hop_s": 1.0,
            "window_s": WINDOW_S,
            "limit_latency_p99_ms": LIMIT_P99_MS,
            "limit_mb_per_bed": LIMIT_BED_MB,
            "runs": runs,
        }
    )
