"""What the patient really had: beats, rhythms and anomalous spans, on the samples of the stream."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from itertools import takewhile
from typing import Final

import numpy as np

from engine.arrays import F64
from engine.leads import LEADS
from simulators.patient.act import Act
from simulators.patient.beat import Beat
from simulators.patient.body import patient_lead_field
from simulators.patient.lead_field import leads_fed_by
from simulators.patient.patient import beats_and_scenes
from simulators.patient.scene import Scene
from simulators.patient.story import Story

ST_SHIFT_MV: Final = 0.1
"""Smallest ST level that counts as a deviation of a lead."""
T_CHANGE_MV: Final = 0.15
"""Smallest change of a T wave that counts."""
SAME_EPISODE_S: Final = 2.0
"""Beats that share one of `EPISODES` and lie closer than this form one span."""
EPISODES: Final = ("VT", "LBBB", "RBBB", "ST elevation", "ST depression", "T change")

BEAT_LABELS: Final = {"V": "PVC", "A": "PAC", "L": "LBBB", "R": "RBBB"}
RHYTHM_LABELS: Final = {
    "atrial fibrillation": "AF",
    "ventricular fibrillation": "VF",
    "asystole": "asystole",
    "ventricular standstill": "standstill",
}
"""Rhythms that are anomalous in every lead from their first sample to their last."""


@dataclass(frozen=True, slots=True)
class TrueBeat:
    """One QRS."""

    sample: int
    """R peak: the largest QRS deflection over the leads together."""
    symbol: str
    """MIT-BIH code."""


@dataclass(frozen=True, slots=True)
class TrueSpan:
    """A stretch of one lead; `offset` is one past its last sample."""

    lead: str
    onset: int
    offset: int
    label: str


@dataclass(frozen=True, slots=True)
class TrueRhythm:
    """A stretch of one rhythm in all leads."""

    onset: int
    offset: int
    name: str


@dataclass(frozen=True, slots=True)
class Truth:
    """Everything known about the first `n_samples` of a patient."""

    fs_hz: float
    n_samples: int
    leads: tuple[str, ...]
    beats: tuple[TrueBeat, ...]
    rhythms: tuple[TrueRhythm, ...]
    spans: tuple[TrueSpan, ...]
    """Anomalies of the heart."""
    lead_off: tuple[TrueSpan, ...]
    """Leads lost because an electrode, the label, was off."""

    def to_json(self) -> str:
        """One JSON object, a line per entry of its lists."""
        parts = []
        for name, value in asdict(self).items():
            nested = isinstance(value, (list, tuple)) and value and isinstance(value[0], dict)
            text = "[\n  " + ",\n  ".join(map(json.dumps, value)) + "\n ]" if nested else json.dumps(value)
            parts.append(f' "{name}": {text}')
        return "{\n" + ",\n".join(parts) + "\n}\n"


@dataclass(frozen=True, slots=True)
class _Piece:
    """A stretch of an anomaly, seconds, before stretches of one episode are joined."""

    lead: int
    onset_s: float
    end_s: float
    label: str


def truth(story: Story, *, seed: int, fs_hz: float, n_samples: int) -> Truth:
    """The truth about the first `n_samples` of `Patient(story, seed=seed, fs_hz=fs_hz)`."""
    until_s = n_samples / fs_hz
    events = list(takewhile(lambda e: _start_s(e) < until_s, beats_and_scenes(story, seed)))
    scenes = [event for event in events if isinstance(event, Scene)]

    def span(piece: _Piece) -> TrueSpan:
        onset, end = round(piece.onset_s * fs_hz), round(piece.end_s * fs_hz)
        return TrueSpan(LEADS[piece.lead], max(onset, 0), min(end, n_samples), piece.label)

    pieces = [*_pieces_of_beats(events, patient_lead_field(seed)), *_pieces_of_rhythms(scenes)]
    spans = (span(piece) for piece in _joined(pieces))
    beats = (TrueBeat(round(e.time_s * fs_hz), e.symbol) for e in events if isinstance(e, Beat) and e.symbol)
    return Truth(
        fs_hz,
        n_samples,
        LEADS,
        tuple(beat for beat in beats if beat.sample < n_samples),
        _rhythms(scenes, fs_hz, n_samples),
        tuple(s for s in spans if s.offset > s.onset),
        tuple(span(piece) for piece in _joined(_pieces_off(scenes))),
    )


def _start_s(event: Scene | Beat) -> float:
    return event.start_s if isinstance(event, Scene) else event.time_s


def _pieces_of_beats(events: Iterable[Scene | Beat], lead_field: F64) -> Iterator[_Piece]:
    scene: Scene | None = None
    for event in events:
        if isinstance(event, Scene):
            scene = event
        elif scene is not None and event.ventricular:
            for lead, label in _anomalies_of_beat(event, scene, lead_field):
                yield _Piece(lead, event.onset_s, event.end_s, label)


def _anomalies_of_beat(beat: Beat, scene: Scene, lead_field: F64) -> Iterator[tuple[int, str]]:
    if beat.symbol in BEAT_LABELS:
        label = "VT" if beat.ventricular == "vt" else BEAT_LABELS[beat.symbol]
        yield from ((lead, label) for lead in range(len(LEADS)))
    st_mv = lead_field @ scene.injury_at(beat.time_s)
    for lead in np.flatnonzero(np.abs(st_mv) >= ST_SHIFT_MV):
        yield int(lead), "ST elevation" if st_mv[lead] > 0 else "ST depression"
    t_mv = lead_field @ scene.t_wave_at(beat.time_s)
    for lead in np.flatnonzero(np.abs(t_mv) >= T_CHANGE_MV):
        yield int(lead), "T change"


def _pieces_of_rhythms(scenes: Iterable[Scene]) -> Iterator[_Piece]:
    for scene in scenes:
        if label := RHYTHM_LABELS.get(scene.act.rhythm):
            yield from (_Piece(lead, scene.start_s, scene.end_s, label) for lead in range(len(LEADS)))


def _pieces_off(scenes: Iterable[Scene]) -> Iterator[_Piece]:
    for scene in scenes:
        for electrode in scene.act.electrodes_off:
            for lead in leads_fed_by((electrode,)):
                yield _Piece(lead, scene.start_s, scene.end_s, electrode)


def _joined(pieces: Iterable[_Piece]) -> list[_Piece]:
    """Stretches of one episode made one; single ectopic beats stay apart unless they touch."""
    done: list[_Piece] = []
    open_: dict[tuple[int, str], _Piece] = {}
    for piece in sorted(pieces, key=lambda p: p.onset_s):
        key = (piece.lead, piece.label)
        last = open_.get(key)
        reach_s = SAME_EPISODE_S if piece.label in EPISODES else 0.0
        if last is not None and piece.onset_s <= last.end_s + reach_s:
            piece = _Piece(last.lead, last.onset_s, max(last.end_s, piece.end_s), last.label)
        elif last is not None:
            done.append(last)
        open_[key] = piece
    return sorted([*done, *open_.values()], key=lambda p: (p.onset_s, p.lead))


def _rhythms(scenes: Iterable[Scene], fs_hz: float, n_samples: int) -> tuple[TrueRhythm, ...]:
    joined: list[TrueRhythm] = []
    for scene in scenes:
        name = rhythm_name(scene.act)
        onset, offset = round(scene.start_s * fs_hz), min(round(scene.end_s * fs_hz), n_samples)
        if joined and joined[-1].name == name:
            onset = joined.pop().onset
        joined.append(TrueRhythm(onset, offset, name))
    return tuple(joined)


def rhythm_name(act: Act) -> str:
    """What a cardiologist would call the act's rhythm."""
    if act.rhythm != "sinus":
        return act.rhythm
    if act.ectopy == "bigeminy":
        return "ventricular bigeminy"
    if act.rate < 60:
        return "sinus bradycardia"
    return "sinus tachycardia" if act.rate > 100 else "sinus rhythm"
