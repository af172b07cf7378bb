"""Onset and offset of QRS complexes: how far the slopes reach around the steepest one."""

from typing import Final

import numpy as np

from engine.arrays import F32, F64, I64, Bools
from engine.delineation.delineation import Mark
from engine.delineation.segment import SAMPLE_MS, free_after, free_before, largest, limited, middle, reached
from engine.delineation.wavelet import HALF_SAMPLE

FROM_N: Final = -55
TO_N: Final = 65
CORE: Final = slice(-22 - FROM_N, 28 - FROM_N)
"""Samples around the R peak among which the steepest slope is looked for."""
QUIET: Final = slice(-45 - FROM_N, -20 - FROM_N)
QUIET_RATIO: Final = 2.0
"""What is not this much steeper than the median before the complex is noise ..."""
MAX_SHARE: Final = 0.5
"""... unless it exceeds this share of the steepest slope."""
ONSET_SHARE: Final = 0.2
OFFSET_SHARE: Final = 0.12
"""The complex reaches as far as its slopes exceed this share of the steepest one."""
BRIDGE_N: Final = 3
"""Slopes this many samples to either side count: the turning points between Q, R and S do not end it."""
ONSET_BIAS_MS: Final = 15.5
OFFSET_BIAS_MS: Final = -2.0
"""Mean difference from the annotators, taken off."""
LEADS_MS: Final = 30.0
LEAD_SHARE: Final = 0.5
"""A lead may differ from the median of the leads by `LEADS_MS`, and counts by this share against it."""
CENTRE_N: Final = (-24, 33)
"""Samples around the R peak whose slopes say where the QRS complex has its centre."""
USUAL_MS: Final = (-60.0, 60.0)
"""Taken where no lead shows where a complex begins or ends, so that P and T can still be looked for."""


def mark_qrs(steep: F32, leads: Bools, marks: F32) -> tuple[F64, F64]:
    """Mark QRS onsets and offsets; return each beat's own over all leads, (m, 1) ms from the R peak.

    Parameters
    ----------
    steep : (TO_N - FROM_N, 12 m) float32
        Size of the slopes at scale 3, around the R peak of each beat.
    leads : (m, 12) bool
        Those that take part.
    marks : (9, m, 12) float32
        Changed in place.
    """
    highest, top = largest(steep[CORE])
    noise = _noise(steep[QUIET], np.float32(OFFSET_SHARE) * highest)
    busy = reached(steep[: CORE.stop], _limit(ONSET_SHARE, highest, noise), BRIDGE_N)
    before = free_before(busy, top + CORE.start).reshape(leads.shape)
    busy = reached(steep[CORE.start :], _limit(OFFSET_SHARE, highest, noise), BRIDGE_N)
    after = free_after(busy, top).reshape(leads.shape) + CORE.start
    start = FROM_N + HALF_SAMPLE
    onset_ms = (before + 1 + BRIDGE_N + start) * SAMPLE_MS - ONSET_BIAS_MS
    offset_ms = (after - BRIDGE_N + start) * SAMPLE_MS - OFFSET_BIAS_MS
    begun: F64 = np.where(leads & (before > 0), onset_ms, np.nan)
    ended: F64 = np.where(leads & (after < TO_N - FROM_N - 1), offset_ms, np.nan)
    return (
        _fused(begun, Mark.QRS_ONSET, USUAL_MS[0], marks),
        _fused(ended, Mark.QRS_OFFSET, USUAL_MS[1], marks),
    )


def centres(steep: F32, leads: Bools) -> I64:
    """Middle of the energy of the slopes, each lead counting the same; parameters as for `mark_qrs`.

    Returns
    -------
    (m,) int64
        Samples from the R peak.
    """
    energy = np.square(steep[CENTRE_N[0] - FROM_N : CENTRE_N[1] - FROM_N])
    size = np.add.reduce(energy, axis=0).reshape(leads.shape)
    share = leads / np.maximum(size, 1e-12)
    total = (size * share).sum(axis=1)
    moments = (np.arange(*CENTRE_N, dtype=np.float32) @ energy).reshape(leads.shape)
    moment = (moments * share).sum(axis=1)
    centre: I64 = np.rint(moment / np.maximum(total, 1e-12)).astype(np.int64)
    return centre


def _noise(quiet: F32, least: F32) -> F32:
    """(M,) what counts as noise beside (k, M) slopes; 0 where that is no more than `least`."""
    half = len(quiet) // 2
    loud = np.add.reduce(np.float32(QUIET_RATIO) * quiet > least, axis=0, dtype=np.uint8) > half
    noise = np.zeros_like(least)
    noise[loud] = np.float32(QUIET_RATIO) * np.sort(quiet[:, loud].T, axis=1)[:, half]
    return noise


def _fused(ms: F64, mark: Mark, usual_ms: float, marks: F32) -> F64:
    typical = middle(ms, axis=1)[:, None]
    near = limited(ms, typical - LEADS_MS, typical + LEADS_MS)
    marks[mark] = LEAD_SHARE * near + (1 - LEAD_SHARE) * typical
    return np.where(np.isnan(typical), usual_ms, typical)


def _limit(share: float, highest: F32, noise: F32) -> F32:
    limit: F32 = np.minimum(np.maximum(share * highest, noise), MAX_SHARE * highest)
    return limit
