"""False alarms per bed-hour against sensitivity, over the thresholds."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from engine.arrays import F64
from monitor.alarms.machine import REANNOUNCE_S
from monitor.baseline.school import APART_S, LEARN_S, TURNS
from monitor.evaluation.truth import Truth
from monitor.evaluation.watched import Watched

EVIDENCE_S: Final = 14.0
"""Signal that an announcement rests on: windows of 10 s, the last five of them."""
LATE_S: Final = 10.0
"""An episode is found if the alarm stands, or is raised, up to so long after its end."""
CLEAR_S: Final = 4.0
FROM_S: Final = LEARN_S + TURNS * APART_S + 10
"""Counted from here on in every recording: learning takes so much of windows that last 10 s."""


@dataclass(frozen=True, slots=True)
class Tally:
    """Counts over recordings at one threshold."""

    threshold: float
    n_episodes: int = 0
    n_found: int = 0
    n_announced: int = 0
    """Alarms raised, and again every 120 s while they stand, as an acknowledged alarm would be."""
    n_false: int = 0
    """Announcements without anything annotated abnormal in the `EVIDENCE_S` before them."""
    false_s: float = 0.0
    """Seconds under alarm without anything abnormal in `EVIDENCE_S` (and the time an alarm takes to end)."""
    hours: float = 0.0

    @property
    def sensitivity(self) -> float:
        """Share of the episodes that were found."""
        return self.n_found / self.n_episodes if self.n_episodes else float("nan")

    @property
    def false_per_hour(self) -> float:
        """False announcements per bed-hour."""
        return self.n_false / self.hours if self.hours else float("nan")

    @property
    def false_min_per_hour(self) -> float:
        """Minutes under false alarm per bed-hour."""
        return self.false_s / 60 / self.hours if self.hours else float("nan")

    def __add__(self, other: "Tally") -> "Tally":
        return Tally(
            self.threshold,
            self.n_episodes + other.n_episodes,
            self.n_found + other.n_found,
            self.n_announced + other.n_announced,
            self.n_false + other.n_false,
            self.false_s + other.false_s,
            self.hours + other.hours,
        )


Case = tuple[Watched, Truth]


def tally(case: Case, scores: F64, threshold: float, from_s: float = FROM_S) -> Tally:
    """Count one recording at one threshold."""
    watched, truth = case
    alarms = watched.alarms(scores, threshold)
    last_s = float(watched.end_s[-1]) if watched.end_s.size else 0.0
    episodes = [(start, end) for start, end in truth.episodes.tolist() if start >= from_s]
    found = sum(
        any(raised <= end + LATE_S and over >= start for raised, over in alarms) for start, end in episodes
    )
    announced = [
        at for raised, over in alarms for at in np.arange(raised, over + 1e-9, REANNOUNCE_S) if at >= from_s
    ]
    false = sum(not truth.abnormal_within(at - EVIDENCE_S, at) for at in announced)
    return Tally(
        threshold, len(episodes), found, len(announced), false,
        _false_s(alarms, truth, from_s), max(0.0, last_s - from_s) / 3600,
    )  # fmt: skip


def _false_s(alarms: Sequence[tuple[float, float]], truth: Truth, from_s: float) -> float:
    seconds = np.concatenate([np.zeros(0), *(np.arange(max(a, from_s), b) for a, b in alarms)])
    if not truth.stretches.size:
        return float(seconds.size)
    starts, ends = truth.stretches.T
    before = np.searchsorted(starts, seconds, side="right") - 1
    latest_end = np.where(before >= 0, np.maximum.accumulate(ends)[np.maximum(before, 0)], -np.inf)
    return float((seconds - latest_end > EVIDENCE_S + CLEAR_S).sum())


def curve(cases: Sequence[Case], own: bool, thresholds: Sequence[float], from_s: float) -> list[Tally]:
    """Counts over all recordings at each threshold, with the baseline (`own`) or without."""
    return [
        sum(
            (tally(case, case[0].own if own else case[0].population, t, from_s) for case in cases),
            Tally(t),
        )
        for t in thresholds
    ]


def at_sensitivity(tallies: Sequence[Tally], least: float) -> Tally | None:
    """The point of a curve with the fewest false alarms that is at least so sensitive."""
    enough = [t for t in tallies if t.sensitivity >= least]
    return min(enough, key=lambda t: (t.false_per_hour, t.false_s), default=None)
