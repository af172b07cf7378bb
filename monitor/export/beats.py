"""Beats of a strip and their classes, found as the monitor finds them live: in windows of ten seconds."""

from typing import Final

import numpy as np

from engine.amplitude import at_usual_size
from engine.arrays import frozen
from engine.beatclass import BeatClass
from engine.grid import FS_HZ, WINDOW_N
from engine.window import Window
from monitor.evaluation.silent import SilentScorer
from monitor.pipeline.reading import read
from monitor.pipeline.rhythm_watch import RhythmWatch
from monitor.recording import Strip

LEAD_IN_S: Final = 60
"""What is the patient's usual beat is learned from so long before a strip."""
SYMBOLS: Final = {
    BeatClass.NORMAL: "N",
    BeatClass.SUPRAVENTRICULAR: "S",
    BeatClass.VENTRICULAR: "V",
    BeatClass.PACED: "/",
    BeatClass.UNKNOWN: "Q",
}
"""WFDB's annotation codes."""
_STEP_N: Final = WINDOW_N // 2


def beats_of_strip(strip: Strip, start_sample: int) -> tuple[tuple[int, BeatClass], ...]:
    """Absolute sample and class of every beat from `start_sample` on; what the strip holds before it is
    learned from.

    Each window answers for its middle half, the first and last for their ends too.
    """
    last = max(0, strip.n - WINDOW_N)
    starts = sorted({*range(0, last, _STEP_N), last})
    found: dict[int, BeatClass] = {}
    watch = RhythmWatch()
    for number, start in enumerate(starts):
        low = strip.start_sample if number == 0 else strip.start_sample + start + _STEP_N // 2
        next_start = starts[number + 1] if number + 1 < len(starts) else None
        high = strip.end_sample if next_start is None else strip.start_sample + next_start + _STEP_N // 2
        (reading,) = read([_window(strip, start)], [watch], SilentScorer())
        classes = dict(zip(watch.history.r_peaks.tolist(), watch.history.klass.tolist(), strict=True))
        found |= {
            peak: BeatClass(classes.get(peak, BeatClass.UNKNOWN))
            for peak in reading.beats.r_peaks.tolist()
            if low <= peak < high and peak >= start_sample
        }
    return tuple(sorted(found.items()))


def lead_in(start_sample: int) -> int:
    """Where to read from, for beats from `start_sample` on."""
    return max(0, start_sample - LEAD_IN_S * FS_HZ)


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
