"""What a bed's minutes came to, in a few numbers each: for looking back over hours without the waveform."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from statistics import median
from typing import Any, Final

import numpy as np

from engine.arrays import F32
from engine.grid import FS_HZ
from engine.leads import N_LEADS
from monitor.journal.entry import Entry, EntryKind
from monitor.update import BedUpdate

MINUTE_N: Final = 60 * FS_HZ


class Trends:
    """The minute that is going on at every bed.

    Minutes are those of the bed's own samples, not of the clock: the same stream gives the same at any speed.
    A window belongs to the minute in which it ends.
    """

    def __init__(self) -> None:
        self._minutes: dict[str, _Minute] = {}

    def add(self, update: BedUpdate, st_mv: F32) -> list[Entry]:
        """Take in a window and its ST levels, (12,) float32, mV, NaN where not measurable.

        Returns the entry of the minute before, if this window is the first of another one.
        """
        number, before = (update.end_sample - 1) // MINUTE_N, self._minutes.get(update.bed)
        if before is not None and before.number == number:
            before.add(update, st_mv)
            return []
        assessed_s = 0.0 if before is None else before.newest.coverage.assessed_s
        self._minutes[update.bed] = minute = _Minute(number, assessed_s, update)
        minute.add(update, st_mv)
        return [] if before is None else [before.entry()]

    def rest(self) -> list[Entry]:
        """Entries of the minutes that have only begun."""
        minutes, self._minutes = self._minutes, {}
        return [minute.entry() for minute in minutes.values()]


@dataclass(slots=True)
class _Minute:
    number: int
    assessed_before_s: float
    newest: BedUpdate
    rates_bpm: list[float] = field(default_factory=list)
    scores: list[float] = field(default_factory=list)
    levels_mv: list[F32] = field(default_factory=list)
    reasons: Counter[str] = field(default_factory=Counter)
    rhythms: Counter[str] = field(default_factory=Counter)
    n_windows: int = 0
    pvc_per_min: int | None = None

    def add(self, update: BedUpdate, st_mv: F32) -> None:
        self.newest = update
        self.n_windows += 1
        self.levels_mv.append(st_mv)
        if update.vitals.heart_rate_bpm is not None:
            self.rates_bpm.append(update.vitals.heart_rate_bpm)
        if update.score is not None:
            self.scores.append(update.score / update.threshold)
        if update.reason is not None:
            self.reasons[update.reason] += 1
        if update.rhythm:
            self.rhythms[update.rhythm] += 1
        if update.pvc_per_min is not None:
            self.pvc_per_min = update.pvc_per_min

    def entry(self) -> Entry:
        """Sum up: the entry's time is that of the last window."""
        start, end = self.number * MINUTE_N, self.newest.end_sample
        assessed_s = self.newest.coverage.assessed_s - self.assessed_before_s
        body = {
            "start_sample": start,
            "end_sample": end,
            "n_windows": self.n_windows,
            "assessed_share": round(min(1.0, assessed_s * FS_HZ / (end - start)), 4),
            "reason": max(self.reasons, key=self.reasons.__getitem__, default=None),
            "heart_rate_bpm": _median(self.rates_bpm, 1),
            "st_mv": _levels(self.levels_mv),
            "score_median": _median(self.scores, 3),
            "score_max": round(float(max(self.scores)), 3) if self.scores else None,
            "pvc_per_min": self.pvc_per_min,
            "rhythms": dict(self.rhythms),
        }
        return Entry(EntryKind.TREND, self.newest.time_ns, body, self.newest.bed)


def _median(values: Sequence[float], digits: int) -> float | None:
    return round(float(median(values)), digits) if values else None


def _levels(rows: Iterable[F32]) -> list[float | None]:
    """Median of each of the 12 leads; null where it was never measurable."""
    known: list[Any] = [column[np.isfinite(column)] for column in np.array(list(rows)).T.reshape(N_LEADS, -1)]
    return [round(float(np.median(column)), 3) if column.size else None for column in known]
