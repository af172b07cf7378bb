import pickle
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

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


@dataclass(frozen=True, slots=True, eq=False)
class Memory:
    """What the next window is judged by."""

    history: History
    beats: BeatMemory
    levels: StMemory

    @classmethod
    def empty(cls) -> "Memory":
        """Nothing was seen yet."""
        return cls(History.empty(), BeatMemory.empty(), StMemory.empty())


class RhythmWatch:
    """What is remembered of one bed's beats from window to window.

    Pickled, its memory is one piece of bytes, and stays so until somebody asks for it: who only keeps it for
    the next window does not unpack it.
    """

    def __init__(self) -> None:
        self.failing: str | None = None
        """Why the last window's rhythm is not known; None while it is."""
        self.reset()

    def reset(self) -> None:
        """Forget everything: another patient, or samples counted anew."""
        self._memory: Memory | bytes = Memory.empty()

    @property
    def memory(self) -> Memory:
        """What was seen so far."""
        if isinstance(self._memory, Memory):
            return self._memory
        memory: Memory = pickle.loads(self._memory)
        self._memory = memory
        return memory

    @memory.setter
    def memory(self, memory: Memory) -> None:
        self._memory = memory

    @property
    def history(self) -> History:
        """The beats of the last minutes."""
        return self.memory.history

    def __getstate__(self) -> tuple[str | None, pickle.PickleBuffer]:
        """One piece, which need not go with the rest."""
        packed = self._memory
        if isinstance(packed, Memory):
            packed = pickle.dumps(packed, protocol=5)
        return self.failing, pickle.PickleBuffer(packed)

    def __setstate__(self, state: tuple[str | None, Any]) -> None:
        self.failing, self._memory = state


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
    before = [watch.memory for watch in watches]
    classes, of_beats = classify(signals, qualities, beats, delineations, [one.beats for one in before])
    rhythms, histories = judging.follow(signals, qualities, classes, [one.history for one in before])
    intervals = measure_intervals(signals, delineations, classes)
    st = [follow_st(one.st_mv, memory.levels) for one, memory in zip(intervals, before, strict=True)]
    for watch, memory, history, (_, levels) in zip(watches, of_beats, histories, st, strict=True):
        watch.memory = Memory(history, memory, levels)
    levels_mv = [one.st_mv for one in intervals]
    return [
        (rhythm, change, level_mv)
        for rhythm, (change, _), level_mv in zip(rhythms, st, levels_mv, strict=True)
    ]
