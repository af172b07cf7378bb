"""Signal of unknown unit, brought to the size of a usual ECG: everything after it may think in millivolts."""

from dataclasses import replace
from typing import Final

import numpy as np

from engine.arrays import F32, F64, Bools, frozen
from engine.filters import bridge, qrs_envelope
from engine.grid import WINDOW_S
from engine.leads import N_LEADS
from engine.preprocess import typical_span
from engine.quality import FAINT_QRS
from engine.window import Window

USUAL_MV: Final = (0.814, 0.894, 0.569, 0.83, 0.53, 0.601, 0.987, 1.644, 1.585, 1.743, 1.524, 1.157)
"""Median over normal records of each lead's `ModelInput.scale`, mV: the 1,381 normal ones in millivolts of
PTB-XL, folds 1 to 7. With `data = make_dataset(read_entries(find_data(None)))` it is
`np.median(data.inputs.scale[data.normal & (data.folds <= 7)], axis=0).round(3)`."""
CLEAR_SHARE: Final = 0.65
"""Seconds that must show a QRS complex, so that the median second of `typical_span` surely has one."""
RESOLUTION: Final = 1e-5
"""What moves less than this share of its own distance from zero is rounding, no signal."""


class UsualSize:
    """How large the leads of one source of unknown amplitude are; kept from window to window.

    A lead's size is taken from windows in which its QRS complexes stand out (`FAINT_QRS`, a ratio: it needs
    no unit) and kept through all others: what is left in an asystole is not blown up to heartbeats. Until a
    lead has shown QRS complexes, each window is its own measure.
    """

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """Forget the sizes: another source, or other settings of the same."""
        self._size: F64 = np.zeros(N_LEADS)

    def of(self, window: Window) -> Window:
        """Return the window with each lead scaled by one factor and moved by one offset.

        Parameters
        ----------
        window : Window
            In any unit, a different one in each lead if need be. One in millivolts (`calibrated`) is
            returned as it is.

        Returns
        -------
        Window
            `x` in millivolts of a usual ECG: a lead's typical span is that of `USUAL_MV`, whatever its gain.
            What is no amplitude (time, shape, polarity) stays; voltages, and ratios between leads, mean
            nothing.
        """
        if window.calibrated:
            return window
        valid = window.valid & np.isfinite(window.x)
        centred = np.where(valid, window.x - _medians(window.x, valid)[:, None], 0).astype(np.float32)
        span = typical_span(centred, valid)
        moves = span > RESOLUTION * np.abs(np.where(valid, window.x, 0.0)).max(axis=1)
        self._size = np.where(moves & _clear(centred, valid), span, self._size)
        size = np.where(self._size > 0, self._size, np.where(moves, span, np.inf))
        factor = np.array(USUAL_MV) / size
        return replace(window, x=frozen((centred * factor[:, None]).astype(np.float32)), valid=frozen(valid))


def at_usual_size(window: Window) -> Window:
    """Return a single window as `UsualSize` gives it."""
    return UsualSize().of(window)


def _clear(x: F32, valid: Bools) -> Bools:
    """(12,) bool: leads with a QRS complex that stands out in nearly every second."""
    envelope = qrs_envelope(bridge(x, valid))
    known = valid[:, ::2]
    highest = np.where(known, envelope, 0).reshape(N_LEADS, WINDOW_S, -1).max(axis=2)
    whole = known.reshape(N_LEADS, WINDOW_S, -1).mean(axis=2) > 0.5
    stands_out = whole & (highest > FAINT_QRS * _medians(envelope, known)[:, None])
    clear: Bools = stands_out.sum(axis=1) > CLEAR_SHARE * whole.sum(axis=1)
    return clear


def _medians(x: F32, valid: Bools) -> F32:
    """(12,) median of what is valid in each row; 0 for a row without any."""
    return np.array(
        [np.median(row[ok]) if ok.any() else 0 for row, ok in zip(x, valid, strict=True)], np.float32
    )
