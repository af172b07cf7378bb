"""What the annotations of a recording call abnormal, and what is that patient's own normal."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from engine.arrays import F64
from engine.errors import RecordError

OWN_S: Final = 300.0
"""What is constant in the first minutes is the patient's own ..."""
OWN_BEAT_SHARE: Final = 0.1
OWN_RHYTHM_SHARE: Final = 0.5
"""... a beat type that makes up this share of the beats, a rhythm that fills this share of the time."""
CONDUCTION: Final = frozenset("NLRB/fejn")
"""Beats that may be a patient's own: normal, bundle-branch block, paced, fused with paced, escape."""
ECTOPY: Final = frozenset("VEF!AaJSrx[]")
"""Beats that never are: ventricular, fused with it, flutter waves, premature atrial or junctional ones."""
OWN_RHYTHMS: Final = frozenset({"P", "AFIB", "AFL", "SBR", "BII", "PREX", "NOD", "BI"})
SINUS: Final = "N"
NO_RHYTHM: Final = frozenset({"NOISE"})
BEAT_S: Final = 0.3
"""An abnormal beat reaches so far before and after its mark."""
EPISODE_GAP_S: Final = 30.0
"""Abnormal stretches closer than this are one episode."""


@dataclass(frozen=True, slots=True, eq=False)
class Truth:
    """Annotated abnormal stretches of a recording."""

    stretches: F64
    """(n, 2) seconds, ordered and disjoint: abnormal beats and rhythms."""
    own: tuple[str, ...]
    """Beat types and rhythms that count as this patient's normal."""

    @property
    def episodes(self) -> F64:
        """(m, 2) seconds: stretches joined across gaps shorter than `EPISODE_GAP_S`."""
        return _joined(self.stretches, EPISODE_GAP_S)

    def abnormal_within(self, start_s: float, end_s: float) -> bool:
        """Whether anything abnormal was annotated there."""
        return bool(((self.stretches[:, 0] <= end_s) & (self.stretches[:, 1] >= start_s)).any())


def read_truth(record: Path, duration_s: float) -> Truth:
    """Read the `.atr` annotations of a WFDB record."""
    import wfdb

    if not record.with_suffix(".atr").is_file():
        raise RecordError(f"{record}: no annotations beside it ({record.stem}.atr): choose an annotated one")
    try:
        marks = wfdb.rdann(str(record), "atr")
        at_s = marks.sample / float(marks.fs or wfdb.rdheader(str(record)).fs)
    except Exception as error:  # wfdb raises whatever a damaged file makes it stumble over
        raise RecordError(f"{record}.atr cannot be read ({error}): fetch it again") from error
    notes = [str(note).strip("\x00") for note in marks.aux_note]
    return truth_of(at_s, list(marks.symbol), notes, duration_s)


def truth_of(at_s: F64, symbols: list[str], notes: list[str], duration_s: float) -> Truth:
    """Judge annotations: time, beat type and note (`(AFIB`) of each."""
    rhythms = _rhythms(at_s, notes, duration_s)
    beats = [(t, s) for t, s in zip(at_s.tolist(), symbols, strict=True) if s in CONDUCTION | ECTOPY]
    own_beats, own_rhythms = _own_beats(beats), _own_rhythms(rhythms)
    found = [(t - BEAT_S, t + BEAT_S) for t, s in beats if s not in own_beats]
    found += [(start, end) for start, end, name in rhythms if name not in own_rhythms | {SINUS} | NO_RHYTHM]
    stretches = _joined(np.array(sorted(found), np.float64).reshape(-1, 2), 0.0)
    return Truth(stretches, (*sorted(own_beats), *sorted(own_rhythms)))


def _rhythms(at_s: F64, notes: list[str], duration_s: float) -> list[tuple[float, float, str]]:
    """(start, end, name) of each annotated rhythm."""
    changes = [(t, note[1:]) for t, note in zip(at_s.tolist(), notes, strict=True) if note.startswith("(")]
    ends = [*(t for t, _ in changes[1:]), duration_s][: len(changes)]
    return [(start, end, name) for (start, name), end in zip(changes, ends, strict=True)]


def _own_beats(beats: list[tuple[float, str]]) -> frozenset[str]:
    early = [symbol for t, symbol in beats if t < OWN_S]
    return frozenset(s for s in CONDUCTION & set(early) if early.count(s) >= OWN_BEAT_SHARE * len(early))


def _own_rhythms(rhythms: list[tuple[float, float, str]]) -> frozenset[str]:
    held_s: dict[str, float] = {}
    for start, end, name in rhythms:
        held_s[name] = held_s.get(name, 0.0) + max(0.0, min(end, OWN_S) - start)
    return frozenset(n for n, s in held_s.items() if n in OWN_RHYTHMS and s >= OWN_RHYTHM_SHARE * OWN_S)


def _joined(stretches: F64, gap_s: float) -> F64:
    joined: list[list[float]] = []
    for start, end in stretches.tolist():
        if joined and start - joined[-1][1] <= gap_s:
            joined[-1][1] = max(joined[-1][1], end)
        else:
            joined.append([start, end])
    return np.array(joined, np.float64).reshape(-1, 2)
