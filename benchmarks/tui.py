"""What the screen costs: `ecg-monitor view` in a 200x50 pseudo-terminal, one live bed of 12 leads."""

import fcntl
import os
import pty
import select
import struct
import subprocess
import termios
from time import monotonic

import psutil
from bench_tools import ECG_MONITOR, Meter, finish, running_core, seconds

COLUMNS, LINES = 200, 50
WARM_UP_S = 15.0
PAUSE_S = 0.005
"""What is drawn after a pause of this length is a new frame (33 ms lie between two)."""


def start_view(feed: str, commands: str) -> tuple[subprocess.Popen[bytes], int]:
    """Start the screen on a pseudo-terminal; returns the process and our end."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", LINES, COLUMNS, 0, 0))
    environment = {**os.environ, "TERM": "xterm-256color", "COLORTERM": "truecolor"}
    view = subprocess.Popen(
        [*ECG_MONITOR, "view", feed, "--commands", commands],
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        env=environment,
        start_new_session=True,
    )
    os.close(theirs)
    return view, ours


def drain(ours: int, until_s: float) -> tuple[int, int]:
    """Read what the screen draws, as a terminal does; returns frames and bytes."""
    frames = n_bytes = 0
    while (waited_from_s := monotonic()) < until_s:
        if select.select([ours], [], [], until_s - waited_from_s)[0]:
            frames += monotonic() - waited_from_s > PAUSE_S
            n_bytes += len(os.read(ours, 1 << 20))
    return frames, n_bytes


if __name__ == "__main__":
    duration_s = seconds(30.0)
    with running_core() as core:
        patient = subprocess.Popen(
            [*ECG_MONITOR, "simulate", "--rhythm", "pvc", "--to", core.data], stdout=subprocess.DEVNULL
        )
        view, ours = start_view(core.feed, core.commands)
        try:
            drain(ours, monotonic() + WARM_UP_S)
            start_s, meter = monotonic(), Meter(psutil.Process(view.pid))
            frames, n_bytes = drain(ours, start_s + duration_s)
            meter.look()
            wall_s = monotonic() - start_s
            result = {
                "tui_cpu_percent_of_one_core": meter.cpu_percent(wall_s),
                "limit_cpu_percent": 12,
                "frames_per_second": round(frames / wall_s, 1),
                "kilobytes_per_second": round(n_bytes / wall_s / 1000, 1),
                "rss_mb": round(meter.peak_rss_mb, 1),
            }
        finally:
            for process in (view, patient):
                process.kill()
                process.wait()
    finish({"columns": COLUMNS, "lines": LINES, **result})
