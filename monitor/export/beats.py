"""R peaks of a strip, found again as the monitor finds them live: in windows of ten seconds."""

import numpy as np

from engine.amplitude import at_usual_size
from engine.arrays import frozen
from engine.beats import beats_of
from engine.grid import WINDOW_N
from engine.quality import quality_of
from engine.window import Window
from monitor.recording import Strip

_STEP_N = WINDOW_N // 2


def r_peaks_of(strip: Strip) -> tuple[int, ...]:
    """Absolute samples; each window answers for its middle half, the first and last for their ends too."""
    last = max(0, strip.n - WINDOW_N)
    starts = sorted({*range(0, last, _STEP_N), last})
    found: set[int] = set()
    for number, start in enumerate(starts):
        low = strip.start_sample if number == 0 else strip.start_sample + start + _STEP_N // 2
        next_start = starts[number + 1] if number + 1 < len(starts) else None
        high = strip.end_sample if next_start is None else strip.start_sample + next_start + _STEP_N // 2
        window = _window(strip, start)
        beats = beats_of(window, quality_of(window))
        found |= {int(peak) for peak in beats.r_peaks if low <= peak < high}
    return tuple(sorted(found))


def _window(strip: Strip, start: int) -> Window:
    n = min(WINDOW_N, strip.n - start)
    x, valid = np.zeros((12, WINDOW_N), np.float32), np.zeros((12, WINDOW_N), np.bool_)
    valid[:, :n] = strip.valid[:, start : start + n]
    x[:, :n] = np.nan_to_num(strip.x[:, start : start + n])
    off = strip.lead_off[:, start + n - 1]
    end_sample = strip.start_sample + start + WINDOW_N
    window = Window(
        strip.bed, end_sample, frozen(x), frozen(valid), strip.present, off, calibrated=strip.calibrated
    )
    return at_usual_size(window)
