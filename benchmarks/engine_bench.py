"""The model's backends at batch 1, 16, 256 and 4096: what `ecg-monitor engine bench` measures."""

import subprocess

from bench_tools import ECG_MONITOR, seconds

if __name__ == "__main__":
    seconds()
    subprocess.run([*ECG_MONITOR, "engine", "bench", "--json"], check=True)
