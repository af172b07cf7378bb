"""From a score map to spans a nurse can look at, and spans of overlapping windows joined."""

from collections.abc import Iterable
from typing import Final

import numpy as np

from engine.arrays import F32, Bools
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
        Span(
            lead,
            _absolute(onset, start_sample),
            _absolute(offset, start_sample),
            float(row[onset:offset].max()),
        )
        for lead, row in enumerate(score_map.map)
        for onset, offset in _runs(row)
    )


def merge_spans(old: Iterable[Span], new: Iterable[Span]) -> tuple[Span, ...]:
    """Spans of both; those of one lead that touch, or nearly (`MERGE_S`), become one. Order: lead, onset."""
    merged: list[Span] = []
    for span in sorted((*old, *new), key=lambda span: (span.lead, span.onset)):
        last = merged[-1] if merged else None
        if last and last.lead == span.lead and span.onset - last.offset < MERGE_S * FS_HZ:
            offset, strength = max(last.offset, span.offset), max(last.strength, span.strength)
            merged[-1] = Span(last.lead, last.onset, offset, strength)
        else:
            merged.append(span)
    return tuple(merged)


def _absolute(map_sample: int, start_sample: int) -> int:
    return start_sample + map_sample * FS_HZ // MAP_HZ


def _runs(row: F32) -> list[tuple[int, int]]:
    """Stretches above `HOLD` that reach 1, joined over short gaps, long enough to show."""
    joined: list[tuple[int, int]] = []
    for onset, offset in _stretches(row >= HOLD):
        if row[onset:offset].max() < 1:
            continue
        if joined and onset - joined[-1][1] < _MERGE_N:
            joined[-1] = (joined[-1][0], offset)
        else:
            joined.append((onset, offset))
    return [(onset, offset) for onset, offset in joined if offset - onset >= _MIN_N]


def _stretches(high: Bools) -> list[tuple[int, int]]:
    edges = np.flatnonzero(np.diff(np.pad(high.astype(np.int8), 1)))
    return [(int(onset), int(offset)) for onset, offset in edges.reshape(-1, 2)]
