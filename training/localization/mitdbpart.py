"""The MIT-BIH part of the benchmark: real abnormal beats among normal ones of the same patient."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from engine.arrays import F32, F64, I64, Bools, frozen
from engine.grid import FS_HZ, WINDOW_N
from engine.leads import N_LEADS
from engine.preprocess import MAP_HZ
from engine.window import Window
from training.evaluation import auc
from training.localization.judge import Scores, judge
from training.localization.measures import Interval, mean_interval, pooled_auc, pooled_interval, tally
from training.localization.mitdb import Recording, read_recording
from training.localization.outcome import Outcome

EDGE_S: Final = 1
"""Of a window, this much at either end is judged by its neighbours."""
BEFORE_S: Final = 0.25
AFTER_S: Final = 0.4
"""A beat's stretch; never more than half the way to the next beat."""
KINDS: Final = ("N", "B", "V", "S", "F")
ABNORMAL: Final = ("V", "S", "F")
MIN_BEATS: Final = 10
"""Fewer normal or abnormal beats than these make no AUC of a record."""


@dataclass(frozen=True, slots=True)
class RecordFigures:
    """One patient; beats of class B count as the patient's normal ones."""

    name: str
    n_normal: int
    n_abnormal: int
    beat_auc: float
    """Beats: the map's maximum over the beat and its leads, abnormal against normal; NaN with too few."""
    sample_auc: float
    """Samples of both leads: those of abnormal beats against all others."""
    normal_marked: float
    """Share of normal beats whose map reaches the threshold."""
    abnormal_marked: float


@dataclass(frozen=True, slots=True)
class MitdbFigures:
    """All patients of one half; beats of class B are neither normal nor abnormal here."""

    records: tuple[RecordFigures, ...]
    n_by_class: dict[str, int]
    beat_auc: float
    """Gross: the beats of all patients together."""
    beat_interval: Interval
    """95 %, over resampled records."""
    beat_auc_by_class: dict[str, float]
    """Each class against N."""
    beat_auc_per_record: float
    """Mean over the patients who have both sorts of beats."""
    beat_per_record_interval: Interval
    sample_auc: float
    sample_interval: Interval
    sample_auc_per_record: float
    normal_marked: float
    abnormal_marked: float


@dataclass(frozen=True, slots=True, eq=False)
class _Judged:
    figures: RecordFigures
    kinds: I64
    """(k,) index into `KINDS`."""
    peaks: F64
    samples: F64
    """(2, BINS) counts of samples, those of B beats left out."""


def run_mitdb(
    scorer: Scores, folder: Path, names: Sequence[str], minutes: float, advance: Callable[[], None]
) -> tuple[MitdbFigures, list[Outcome]]:
    """Judge the first `minutes` of every record."""
    judged = []
    for name in names:
        recording = read_recording(folder, name, minutes)
        judged.append(_judged(recording, stitched(scorer, recording)))
        advance()
    return _figures(judged), [row for one in judged for row in _outcomes(one.figures)]


def stitched(scorer: Scores, recording: Recording) -> F32:
    """(12, m) map of a whole recording, from windows that share their outer seconds with their neighbours."""
    edge = EDGE_S * MAP_HZ
    verdicts = list(judge(scorer, _windows(recording)))
    maps = [verdict.found.map for verdict in verdicts]
    whole: F32 = np.concatenate(
        [maps[0][:, :edge], *(one[:, edge:-edge] for one in maps), maps[-1][:, -edge:]], axis=1
    )
    return whole


def _windows(recording: Recording) -> Iterator[Window]:
    off = frozen(np.zeros(N_LEADS, np.bool_))
    for start in range(0, recording.x.shape[1] - WINDOW_N + 1, WINDOW_N - 2 * EDGE_S * FS_HZ):
        end = start + WINDOW_N
        x, valid = recording.x[:, start:end], recording.valid[:, start:end]
        yield Window(recording.name, end, x, valid, recording.present, off)


def beat_stretches(recording: Recording, n_map: int) -> list[tuple[int, int]]:
    """(start, end) of every beat on the map; empty outside it."""
    r_s = recording.samples / FS_HZ
    middles = np.concatenate(([-np.inf], (r_s[1:] + r_s[:-1]) / 2, [np.inf]))
    start = np.maximum(r_s - BEFORE_S, middles[:-1]) * MAP_HZ
    end = np.minimum(r_s + AFTER_S, middles[1:]) * MAP_HZ
    inside = np.clip(np.rint(np.stack((start, end), axis=1)), 0, n_map).astype(np.int64)
    return [(int(a), int(b)) for a, b in inside]


def _judged(recording: Recording, whole: F32) -> _Judged:
    rows = whole[recording.present].astype(np.float64)
    owner = np.full(rows.shape[1], "N")
    kinds, peaks = [], []
    for (start, end), kind in zip(beat_stretches(recording, rows.shape[1]), recording.kinds, strict=True):
        owner[start:end] = kind or "-"
        if kind and end - start > BEFORE_S * MAP_HZ / 2:
            kinds.append(KINDS.index(kind))
            peaks.append(float(rows[:, start:end].max()))
    each, highest = np.array(kinds, np.int64), np.array(peaks)
    truth = np.isin(owner, ABNORMAL)
    own, gross = (_samples(rows, truth, ~np.isin(owner, left_out)) for left_out in (["-"], ["-", "B"]))
    abnormal = np.isin(each, [KINDS.index(kind) for kind in ABNORMAL])
    return _Judged(_record(recording.name, abnormal, highest, own), each, highest, gross)


def _samples(rows: F64, truth: Bools, asked: Bools) -> F64:
    return tally(rows[:, asked].ravel(), np.tile(truth[asked], len(rows)))


def _record(name: str, abnormal: Bools, peaks: F64, samples: F64) -> RecordFigures:
    enough = min(abnormal.sum(), (~abnormal).sum()) >= MIN_BEATS
    return RecordFigures(
        name=name,
        n_normal=int((~abnormal).sum()),
        n_abnormal=int(abnormal.sum()),
        beat_auc=auc(peaks, abnormal) if enough else float("nan"),
        sample_auc=float(pooled_auc(samples)) if enough else float("nan"),
        normal_marked=_share(peaks[~abnormal]),
        abnormal_marked=_share(peaks[abnormal]),
    )


def _share(peaks: F64) -> float:
    return float((peaks >= 1).mean()) if peaks.size else float("nan")


def _figures(judged: Sequence[_Judged]) -> MitdbFigures:
    records = tuple(one.figures for one in judged)
    kinds = np.concatenate([one.kinds for one in judged])
    peaks = np.concatenate([one.peaks for one in judged])
    both = [one for one in records if np.isfinite(one.beat_auc)]
    names = [one.name for one in both]
    samples = np.array([one.samples for one in judged])
    beats = np.array([tally(one.peaks[one.kinds != 1], one.kinds[one.kinds != 1] > 1) for one in judged])
    return MitdbFigures(
        records=records,
        n_by_class={name: int((kinds == i).sum()) for i, name in enumerate(KINDS)},
        beat_auc=auc(peaks[kinds != 1], kinds[kinds != 1] > 1),
        beat_interval=pooled_interval(beats),
        beat_auc_by_class={
            name: auc(peaks[(kinds == 0) | (kinds == i)], kinds[(kinds == 0) | (kinds == i)] == i)
            for i, name in enumerate(KINDS)
            if i
        },
        beat_auc_per_record=_mean([one.beat_auc for one in both]),
        beat_per_record_interval=mean_interval([one.beat_auc for one in both], names),
        sample_auc=float(pooled_auc(samples.sum(axis=0))),
        sample_interval=pooled_interval(samples),
        sample_auc_per_record=_mean([one.sample_auc for one in both]),
        normal_marked=_share(peaks[kinds == 0]),
        abnormal_marked=_share(peaks[kinds > 1]),
    )


def _mean(values: Sequence[float]) -> float:
    return float(np.mean(values)) if values else float("nan")


def _outcomes(one: RecordFigures) -> list[Outcome]:
    nothing = float("nan")
    return [
        Outcome("mitdb", kind, "", one.name, value, nothing, nothing, nothing)
        for kind, value in (("beats", one.beat_auc), ("samples", one.sample_auc))
    ]
