"""Onset and offset of QRS complexes: how far the slopes reach around the steepest one."""

from typing import Final

import numpy as np

from engine.arrays import F32, I64
from engine.delineation.delineation import Mark
from engine.delineation.segment import SAMPLE_MS, around, dilated, first_after, last_before, middle
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
USUAL_MS: Final = (-60.0, 60.0)
"""Taken where no lead shows where a complex begins or ends, so that P and T can still be looked for."""


def mark_qrs(quick: F32, r_peaks: I64, marks: F32) -> tuple[F32, F32]:
    """Mark QRS onsets and offsets; return each beat's own over all leads, (n_beats,) ms from the R peak.

    Parameters
    ----------
    quick : (n_leads, n) float32
        Slopes at scale 3.
    r_peaks : (n_beats,) int64
        Places in the window.
    marks : (9, n_leads, n_beats) float32
        Changed in place.
    """
    steep = np.abs(quick[:, around(r_peaks, FROM_N, TO_N, quick.shape[1])])
    core = steep[..., CORE]
    highest, top = core.max(axis=2), core.argmax(axis=2) + CORE.start
    half = (QUIET.stop - QUIET.start) // 2
    noise: F32 = np.float32(QUIET_RATIO) * np.partition(steep[..., QUIET], half, axis=2)[..., half]
    level = dilated(steep, BRIDGE_N)
    before = last_before(level < _limit(ONSET_SHARE, highest, noise), top)
    after = first_after(level < _limit(OFFSET_SHARE, highest, noise), top)
    start = FROM_N + HALF_SAMPLE
    onset_ms = (before + 1 + BRIDGE_N + start) * SAMPLE_MS - ONSET_BIAS_MS
    offset_ms = (after - BRIDGE_N + start) * SAMPLE_MS - OFFSET_BIAS_MS
    onset_ms[before < 0] = np.nan
    offset_ms[after == TO_N - FROM_N] = np.nan
    return (
        _fused(onset_ms, Mark.QRS_ONSET, USUAL_MS[0], marks),
        _fused(offset_ms, Mark.QRS_OFFSET, USUAL_MS[1], marks),
    )


def _fused(ms: F32, mark: Mark, usual_ms: float, marks: F32) -> F32:
    typical = middle(ms, axis=0)
    near = np.clip(ms, typical - LEADS_MS, typical + LEADS_MS)
    marks[mark] = LEAD_SHARE * near + (1 - LEAD_SHARE) * typical
    return np.where(np.isnan(typical), usual_ms, typical)


def _limit(share: float, highest: F32, noise: F32) -> F32:
    limit: F32 = np.minimum(np.maximum(share * highest, noise), MAX_SHARE * highest)[..., None]
    return limit
