"""One value of each trend, and the time it stands for: a journalled minute, or a window read again."""

from dataclasses import dataclass

import numpy as np

from engine.arrays import F32, frozen
from engine.grid import FS_HZ
from engine.scoremap import ScoreMap
from monitor.journal.entry import Entry
from monitor.pipeline.reading import Reading
from monitor.review.spot import S_NS


@dataclass(frozen=True, slots=True, eq=False)
class TrendPoint:
    """What a minute or a window said; a window stands for the time since the one before."""

    start_ns: int
    end_ns: int
    rate_bpm: float | None
    st_mv: F32
    """(12,) mV, level at J + 60 ms; NaN where not measurable."""
    score: float | None
    """Over its threshold: 1 is the limit; the highest of a minute. None when not assessed."""


def of_minute(entry: Entry) -> TrendPoint:
    """What the core journalled of a minute."""
    body = entry.body
    n = body["end_sample"] - body["start_sample"]
    st_mv = np.array([np.nan if level is None else level for level in body["st_mv"]], np.float32)
    return TrendPoint(
        entry.time_ns - n * S_NS // FS_HZ,
        entry.time_ns,
        body["heart_rate_bpm"],
        frozen(st_mv),
        body["score_max"],
    )


def of_window(reading: Reading, score: ScoreMap, end_ns: int, n: int) -> TrendPoint:
    """What a window says that is read again, for the `n` samples up to its end."""
    return TrendPoint(
        end_ns - n * S_NS // FS_HZ,
        end_ns,
        reading.vitals.heart_rate_bpm,
        reading.st_mv,
        float(score.score / score.threshold) if score.assessed else None,
    )
