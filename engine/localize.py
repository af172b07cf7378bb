"""From a score map to spans a nurse can look at, and spans of overlapping windows joined."""

from collections.abc import Iterable
from operator import attrgetter
from typing import Final

import numpy as np

from engine.arrays import F32
from engine.grid import FS_HZ
from engine.preprocess import MAP_HZ, MAP_N
from engine.scoremap import ScoreMap
from engine.span import Span

HOLD: Final = 0.7
"""A span begins and ends where the map passes this share of the threshold that it must reach inside."""
MERGE_S: Final = 0.12
"""Spans of one lead with a gap shorter than this are one."""
MIN_S: Final = 0.06
"""Shorter spans are not shown."""

_MERGE_N: Final = round(MERGE_S * MAP_HZ)
_MIN_N: Final = round(MIN_S * MAP_HZ)

_PLACE: Final = attrgetter("lead", "onset")

_Stretch = tuple[int, int, int, float]
"""Lead, onset, offset, in samples of the map, and the highest value between."""


def localize(score_map: ScoreMap) -> tuple[Span, ...]:
    """Anomalous spans of a window.

    Parameters
    ----------
    score_map : ScoreMap
        Of a window; one that was not assessed has no spans.

    Returns
    -------
    tuple of Span
        By lead, then onset; absolute samples at `FS_HZ`.
    """
    if not score_map.assessed or not (score_map.map >= 1).any():
        return ()
    start_sample = score_map.end_sample - MAP_N * FS_HZ // MAP_HZ
    return tuple(
        Span(lead, _absolute(onset, start_sample), _absolute(offset, start_sample), peak)
        for lead, onset, offset, peak in _joined(_stretches(score_map.map))
        if offset - onset >= _MIN_N
    )


def merge_spans(old: Iterable[Span], new: Iterable[Span]) -> tuple[Span, ...]:
    """Spans of both; those of one lead that touch, or nearly (`MERGE_S`), become one. Order: lead, onset."""
    merged: list[Span] = []
    for span in sorted((*old, *new), key=_PLACE):
        last = merged[-1] if merged else None
        if last and last.lead == span.lead and span.onset - last.offset < MERGE_S * FS_HZ:
            offset, strength = max(last.offset, span.offset), max(last.strength, span.strength)
            merged[-1] = Span(last.lead, last.onset, offset, strength)
        else:
            merged.append(span)
    return tuple(merged)


def _absolute(map_sample: int, start_sample: int) -> int:
    return start_sample + map_sample * FS_HZ // MAP_HZ


def _joined(stretches: Iterable[_Stretch]) -> list[_Stretch]:
    """Those of one lead with a short gap between them as one."""
    joined: list[_Stretch] = []
    for lead, onset, offset, peak in stretches:
        if joined and joined[-1][0] == lead and onset - joined[-1][2] < _MERGE_N:
            _, onset, _, before = joined.pop()
            peak = max(peak, before)
        joined.append((lead, onset, offset, peak))
    return joined


def _stretches(anomaly: F32) -> list[_Stretch]:
    """Where the map (12, MAP_N) is above `HOLD`, as far as it reaches 1 there; all leads in one pass."""
    padded = np.zeros((len(anomaly), MAP_N + 2), np.float32)
    padded[:, 1:-1] = anomaly
    flat = padded.reshape(-1)
    high = flat >= HOLD
    edges = np.flatnonzero(high[1:] != high[:-1]) + 1
    peaks = np.maximum.reduceat(flat, edges)[::2]
    reaching = peaks >= 1
    leads, onsets = np.divmod(edges[::2][reaching], MAP_N + 2)
    offsets = onsets + (edges[1::2] - edges[::2])[reaching]
    found = (leads, onsets - 1, offsets - 1, peaks[reaching])
    return list(zip(*(column.tolist() for column in found), strict=True))
