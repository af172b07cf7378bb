"""Changes of the rhythm: a premature ventricular beat, a pause."""

from collections.abc import Sequence
from typing import Final

import numpy as np

from engine.arrays import F64
from engine.grid import FS_HZ, WINDOW_N
from training.localization.beatbank import BEFORE_S, in_twelve_leads
from training.localization.case import Graft, anomaly, changed
from training.localization.normalrecord import P_ONSET_S, NormalRecord, everywhere, without
from training.localization.waveshape import Make

COUPLING: Final = (0.55, 0.75)
"""Of a premature beat, in RR intervals."""
PAUSE_S: Final = (2.0, 3.2)


def premature_beat(bank: Sequence[F64]) -> Make:
    """A real ventricular beat in place of a normal one, too early, and the compensatory pause after it."""

    def make(record: NormalRecord, steady: bool, rng: np.random.Generator, size: float) -> Graft:
        beat = int(rng.choice(record.whole))
        coupling_s = max(rng.uniform(*COUPLING) * record.rr_s, record.t_end_s + 0.06)
        leads = in_twelve_leads(bank[int(rng.integers(len(bank)))], rng)
        ectopic = np.zeros((len(leads), WINDOW_N))
        first = record.at(beat - 1, coupling_s - BEFORE_S)
        n = min(leads.shape[1], WINDOW_N - first)
        ectopic[:, first : first + n] = leads[:, :n]
        start, end = record.at(beat - 1, record.t_end_s), record.at(beat + 1, -P_ONSET_S)
        gone = without(record, start, max(end, start + 1), rng)
        around = np.zeros(WINDOW_N, np.bool_)
        around[start:end] = True
        truth = changed(size * ectopic)
        ignored = everywhere(np.ones(len(leads), np.bool_), around & bool(size)) & ~truth
        return anomaly(size * (ectopic + gone), truth, ignored)

    return make


def pause(record: NormalRecord, steady: bool, rng: np.random.Generator, size: float) -> Graft:
    """Beats left out until the next one comes after two to three seconds."""
    gaps = [
        (beat, last)
        for beat in record.whole
        for last in range(beat + 1, len(record.r_peaks))
        if PAUSE_S[0] <= (record.r_peaks[last] - record.r_peaks[beat - 1]) / FS_HZ <= PAUSE_S[1]
    ]
    if not gaps:
        return anomaly(np.zeros(record.window.x.shape))
    beat, last = gaps[int(rng.integers(len(gaps)))]
    start, end = record.at(beat - 1, record.t_end_s), record.at(last, -P_ONSET_S)
    due = record.at(beat - 1, record.rr_s - P_ONSET_S)
    missed, before = np.zeros((2, WINDOW_N), np.bool_)
    missed[due:end], before[start:due] = bool(size), bool(size)
    present = record.window.present
    delta = size * without(record, start, end, rng)
    return anomaly(delta, everywhere(present, missed), everywhere(present, before))
