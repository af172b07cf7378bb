from collections import Counter
from collections.abc import Sequence
from typing import Final

import numpy as np

from engine.arrays import F32, frozen
from engine.beats import Beats
from engine.classify.classify import classify
from engine.classify.memory import BeatMemory
from engine.delineation.delineate import delineate
from engine.intervals import measure_intervals
from engine.leads import N_LEADS
from engine.quality import Quality
from engine.rhythm import rhythm as judging
from engine.rhythm.history import History
from engine.rhythm.rhythm import Rhythm
from engine.signals import Signals
from engine.stchange import StChange, StMemory, follow_st

Followed = tuple[Rhythm | None, StChange | None, F32]
"""What a window says of its rhythm, its ST levels against the patient's own, and the levels themselves:
(12,) float32, mV, NaN where not measurable."""
NOWHERE: Final = frozen(np.full(N_LEADS, np.nan, np.float32))
"""No ST level was measurable."""


class RhythmWatch:
    """What is remembered of one bed's beats from window to window."""

    def __init__(self) -> None:
        self.failing: str | None = None
        """Why the last window's rhythm is not known; None while it is."""
        self.reset()

    def reset(self) -> None:
        """Forget everything: another patient, or samples counted anew."""
        self.history = History.empty()
        self.beats = BeatMemory.empty()
        self.levels = StMemory.empty()


def follow(
    watches: Sequence[RhythmWatch], signals: Signals, qualities: Sequence[Quality], beats: Sequence[Beats]
) -> list[Followed]:
    """Class the beats of windows, judge their rhythms and compare their ST levels.

    A window in which that fails has no rhythm, its watch says why, and no other bed is touched by it.
    """
    followed: list[Followed] = [(None, None, NOWHERE)] * len(watches)
    for rows in _rounds(watches):
        some = [watches[row] for row in rows]
        found = _guarded(
            some, signals.at(rows), [qualities[row] for row in rows], [beats[row] for row in rows]
        )
        for row, one in zip(rows, found, strict=True):
            followed[row] = one
    return followed


def _rounds(watches: Sequence[RhythmWatch]) -> list[list[int]]:
    """Rows of windows, no bed twice in one round: what a window teaches is known to the bed's next."""
    seen: Counter[int] = Counter()
    rounds: list[list[int]] = []
    for row, watch in enumerate(watches):
        if seen[id(watch)] == len(rounds):
            rounds.append([])
        rounds[seen[id(watch)]].append(row)
        seen[id(watch)] += 1
    return rounds


def _guarded(
    watches: Sequence[RhythmWatch], signals: Signals, qualities: Sequence[Quality], beats: Sequence[Beats]
) -> list[Followed]:
    try:
        followed = _follow(watches, signals, qualities, beats)
    except Exception as error:  # whatever an odd signal provokes; it becomes an alarm
        if len(watches) > 1:  # of its own bed alone
            alone = zip(watches, range(len(watches)), qualities, beats, strict=True)
            return [
                _guarded([watch], signals.at([row]), [quality], [found])[0]
                for watch, row, quality, found in alone
            ]
        watches[0].failing = f"{type(error).__name__}: {error}".splitlines()[0]
        watches[0].reset()
        return [(None, None, NOWHERE)]
    for watch in watches:
        watch.failing = None
    return followed


def _follow(
    watches: Sequence[RhythmWatch], signals: Signals, qualities: Sequence[Quality], beats: Sequence[Beats]
) -> list[Followed]:
    """All memories change together, or none."""
    delineations = delineate(signals, qualities, beats)
    memories = [watch.beats for watch in watches]
    classes, memories = classify(signals, qualities, beats, delineations, memories)
    histories = [watch.history for watch in watches]
    rhythms, histories = judging.follow(signals, qualities, classes, histories)
    intervals = measure_intervals(signals, delineations, classes)
    st = [follow_st(one.st_mv, watch.levels) for one, watch in zip(intervals, watches, strict=True)]
    for watch, memory, history, (_, levels) in zip(watches, memories, histories, st, strict=True):
        watch.beats, watch.history, watch.levels = memory, history, levels
    levels_mv = [one.st_mv for one in intervals]
    return [
        (rhythm, change, level_mv)
        for rhythm, (change, _), level_mv in zip(rhythms, st, levels_mv, strict=True)
    ]
