"""Windows cut from a stored strip, as the monitor cut them when the signal came in."""

import numpy as np

from engine.arrays import frozen
from engine.grid import FS_HZ, WINDOW_N
from engine.window import Window
from monitor.recording import Strip


def cut_window(strip: Strip, end_sample: int) -> Window:
    """Cut the window that ends there; what lies outside of the strip is invalid."""
    start = end_sample - WINDOW_N
    a, b = max(start, strip.start_sample), min(end_sample, strip.end_sample)
    x, valid = np.zeros((12, WINDOW_N), np.float32), np.zeros((12, WINDOW_N), np.bool_)
    lead_off = np.zeros(12, np.bool_)
    if a < b:
        to, cut = slice(a - start, b - start), slice(a - strip.start_sample, b - strip.start_sample)
        valid[:, to] = strip.valid[:, cut]
        x[:, to] = np.nan_to_num(strip.x[:, cut])
        lead_off = strip.lead_off[:, cut][:, -1]
    return Window(
        strip.bed,
        end_sample,
        frozen(x),
        frozen(valid),
        strip.present,
        frozen(lead_off),
        calibrated=strip.calibrated,
    )


def is_stored(strip: Strip, end_sample: int, seconds: float) -> bool:
    """Whether a readable segment covers any of the seconds that end there."""
    b = end_sample - strip.start_sample
    a = b - round(seconds * FS_HZ)
    return bool(strip.stored[max(0, a) : max(0, b)].any())
