"""Which stretches of an annotated recording are lethal rhythms, which atrial fibrillation."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from monitor.evaluation.marks import Marks

KINDS: Final = {"VF": "VF", "VFIB": "VF", "VFL": "VF", "VT": "VT", "ASYS": "asystole"}
"""Rhythm annotation -> kind; fibrillation and flutter count as one."""
UNDECIDED: Final = frozenset({"HGEA"})
"""High-grade ventricular ectopy of VFDB: holds tachycardias that are not marked one by one."""
MIN_S: Final = {"VF": 5.0, "VT": 5.0, "asystole": 5.0}
"""Shorter episodes are neither asked for nor false: alarms need 4 s of them, marks are good to a second."""
JOIN_S: Final = 3.0
"""Stretches of one kind closer than this are one episode."""
VENTRICULAR: Final = frozenset("VE!")
BEATS: Final = frozenset("NLRBAaJSVrFejnE/fQ?!")
RUN_BEATS: Final = 5
RUN_BPM: Final = 100.0
NEUTRAL_BEATS: Final = 3
AF: Final = frozenset({"AFIB", "AFL"})
AF_JOIN_S: Final = 10.0
"""A few ventricular beats do not end atrial fibrillation."""


@dataclass(frozen=True, slots=True)
class Episode:
    """A stretch of one rhythm, seconds."""

    kind: str
    start_s: float
    end_s: float

    @property
    def length_s(self) -> float:
        """Duration in seconds."""
        return self.end_s - self.start_s


@dataclass(frozen=True, slots=True)
class RhythmTruth:
    """What a recording's annotations ask for."""

    lethal: tuple[Episode, ...]
    """Every one must be alarmed."""
    neutral: tuple[Episode, ...]
    """Stretches where a lethal alarm is neither asked for nor false: too short, or not marked in detail."""
    af: tuple[Episode, ...]


def rhythm_truth(marks: Marks, duration_s: float) -> RhythmTruth:
    """Judge a recording's annotations.

    Where beats are marked, tachycardia is what the alarm is defined by: five or more ventricular beats in a
    row at over 100/min. Elsewhere the rhythm marks decide.
    """
    rhythms = marks.rhythms(duration_s)
    by_beats = any(symbol in "NLR/" for symbol in marks.symbols)
    found = [
        Episode(KINDS[name], start, end)
        for start, end, name in rhythms
        if name in KINDS and not (by_beats and name == "VT")
    ]
    found += [Episode("VF", *span) for span in _brackets(marks, duration_s)]
    neutral = [Episode("undecided", start, end) for start, end, name in rhythms if name in UNDECIDED]
    if by_beats:
        neutral += _runs(marks, NEUTRAL_BEATS, 0.0)
        neutral += [Episode("VT", start, end) for start, end, name in rhythms if name == "VT"]
    whole = _joined(found, JOIN_S)
    lethal = [episode for episode in whole if episode.length_s >= MIN_S[episode.kind]]
    lethal += _runs(marks, RUN_BEATS, RUN_BPM) if by_beats else []
    af = [Episode("AF", start, end) for start, end, name in rhythms if name in AF]
    return RhythmTruth(
        tuple(sorted(lethal, key=lambda episode: episode.start_s)),
        tuple([*neutral, *(episode for episode in whole if episode not in lethal)]),
        tuple(_joined(af, AF_JOIN_S)),
    )


def _brackets(marks: Marks, duration_s: float) -> list[tuple[float, float]]:
    """Ventricular flutter between `[` and `]`."""
    spans, start_s = [], None
    for at_s, symbol in zip(marks.at_s.tolist(), marks.symbols, strict=True):
        if symbol == "[":
            start_s = at_s
        elif symbol == "]" and start_s is not None:
            spans.append((start_s, at_s))
            start_s = None
    return spans if start_s is None else [*spans, (start_s, duration_s)]


def _runs(marks: Marks, n_beats: int, rate_bpm: float) -> list[Episode]:
    """Rows of ventricular beats, flutter waves left out."""
    beats = [(t, s) for t, s in zip(marks.at_s.tolist(), marks.symbols, strict=True) if s in BEATS]
    runs: list[list[float]] = [[]]
    for at_s, symbol in beats:
        if symbol in VENTRICULAR and symbol != "!":
            runs[-1].append(at_s)
        elif runs[-1]:
            runs.append([])
    return [
        Episode("VT", run[0], run[-1])
        for run in runs
        if len(run) >= n_beats and 60.0 / float(np.median(np.diff(run))) > rate_bpm
    ]


def _joined(episodes: Iterable[Episode], gap_s: float) -> list[Episode]:
    joined: list[Episode] = []
    for episode in sorted(episodes, key=lambda one: (one.start_s, one.end_s)):
        same = [other for other in joined if other.kind == episode.kind]
        if same and episode.start_s - same[-1].end_s <= gap_s:
            at = joined.index(same[-1])
            joined[at] = replace(same[-1], end_s=max(same[-1].end_s, episode.end_s))
        else:
            joined.append(episode)
    return joined
