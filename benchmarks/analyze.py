"""How many times faster than real time `ecg-monitor analyze` runs over a recording, as a whole process."""

import json
import subprocess
import tempfile
from pathlib import Path
from time import perf_counter

from bench_tools import ECG_MONITOR, finish, seconds, spread

SIGNAL_S = 600.0
SOURCE_HZ = 500
RUNS = 3


def make_record(folder: Path, signal_s: float) -> str:
    """Write the demo patient as a WFDB record."""
    record = folder / "patient"
    options = ["--duration", str(signal_s), "--fs", str(SOURCE_HZ), "--record", str(record)]
    subprocess.run([*ECG_MONITOR, "simulate", *options], stdout=subprocess.DEVNULL, check=True)
    return str(record)


def analyze_s(record: str) -> tuple[float, float]:
    """Wall time of one run, and the length of signal it reports."""
    start = perf_counter()
    done = subprocess.run(
        [*ECG_MONITOR, "analyze", record, "--json"], stdout=subprocess.PIPE, text=True, check=True
    )
    taken = perf_counter() - start
    return taken, float(json.loads(done.stdout)["duration_s"])


if __name__ == "__main__":
    seconds()
    with tempfile.TemporaryDirectory() as folder:
        results = {}
        for name, signal_s in (("ten_minutes", SIGNAL_S), ("ten_seconds", 10.0)):
            record = make_record(Path(folder), signal_s)
            runs = [analyze_s(record) for _ in range(RUNS)]
            results[name] = {
                "taken_s": spread([taken for taken, _ in runs]),
                "times_real_time": round(runs[0][1] / min(taken for taken, _ in runs), 1),
            }
    finish({"leads": 12, "source_hz": SOURCE_HZ, **results, "limit_times_real_time": 50})
