"""Sample to alarm: how long after its last sample was taken a window's result is with a viewer.

Measured for one bed and for wards of several sizes, as in `beds.py`: devices in a process of their own,
ZeroMQ, the whole core, a viewer of all beds. The alarms of a window go out just before its result.
"""

import argparse

from beds import LIMIT_P99_MS, measure
from bench_tools import finish

if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=float, default=30.0)
    parser.add_argument("--beds", default="1,8,32")
    arguments = parser.parse_args()
    wards = {n: measure(n, arguments.seconds, []) for n in map(int, arguments.beds.split(","))}
    finish(
        {
            "limit_p99_ms": LIMIT_P99_MS,
            "sample_to_result_ms": {n: run["latency_ms"] for n, run in wards.items()},
            "windows_missing": {n: run["windows_missing"] for n, run in wards.items()},
        }
    )
