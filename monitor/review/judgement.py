"""What the model and the beat classes say of a stretch: the stored windows, read again as they were live."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from engine.amplitude import UsualSize
from engine.grid import FS_HZ, WINDOW_N
from engine.localize import localize, merge_spans
from engine.scoremap import ScoreMap
from engine.span import Span
from monitor.pipeline.reading import WindowScorer, read
from monitor.pipeline.rhythm_watch import RhythmWatch
from monitor.recording import Strip
from monitor.review.beatmarks import BeatMarks
from monitor.review.cut import cut_window, is_stored
from monitor.review.unscored import Unscored
from monitor.review.usual import Usual

BLOCK_N: Final = 30 * FS_HZ
"""A stretch is judged in blocks that begin at multiples of this: scrolling does not change what is shown."""
HOP_S: Final = 2
LEAD_IN_S: Final = 60
"""Beats are compared with those of so long before."""
LEAD_IN_HOP_S: Final = 5
AFTER_S: Final = 4
"""Windows that end so long after a block still see its end."""
NOT_STORED: Final = "no waveform"


@dataclass(frozen=True, slots=True)
class Score:
    """The verdict on one window; it stands for the seconds that end with it."""

    end_sample: int
    score: float | None
    threshold: float
    reason: str | None
    """Why it was not assessed; None when it was."""
    own: bool = False
    """It is against the patient's own ECG, not against that of all people."""


@dataclass(frozen=True, slots=True, eq=False)
class Judgement:
    """What was found between two samples."""

    start: int
    end: int
    beats: BeatMarks
    scores: tuple[Score, ...]
    spans: tuple[Span, ...]


def block_reach(block: int) -> tuple[int, int]:
    """First and one-past-last sample that judging a block needs."""
    lead_in_n = LEAD_IN_S * FS_HZ + WINDOW_N
    return max(0, block * BLOCK_N - lead_in_n), (block + 1) * BLOCK_N + AFTER_S * FS_HZ


def judge(strip: Strip, block: int, scorer: WindowScorer, usual: Usual) -> Judgement:
    """Judge one block; `strip` covers `block_reach(block)`."""
    start, end = block * BLOCK_N, (block + 1) * BLOCK_N
    watch, usual_size = RhythmWatch(), UsualSize()
    before = range(start - LEAD_IN_S * FS_HZ, start + 1, LEAD_IN_HOP_S * FS_HZ)
    lead_in = [at for at in before if at >= WINDOW_N and is_stored(strip, at, LEAD_IN_HOP_S)]
    ends = range(start + HOP_S * FS_HZ, end + AFTER_S * FS_HZ + 1, HOP_S * FS_HZ)
    stored = [at for at in ends if is_stored(strip, at, HOP_S)]
    maps: dict[int, ScoreMap] = {}
    for places, model in ((lead_in, Unscored()), (stored, scorer)):
        windows = [usual_size.of(cut_window(strip, at)) for at in places]
        readings = read(windows, [watch] * len(windows), model) if windows else []
        maps = {
            (at := reading.window.end_sample): usual.judged(reading.score, model.model, strip.time_ns(at))
            for reading in readings
        }
    scores = tuple(_score(at, maps.get(at)) for at in ends if at <= end)
    return Judgement(
        start, end, BeatMarks.of(watch.history).between(start, end), scores, _spans(maps.values())
    )


def _score(end_sample: int, score: ScoreMap | None) -> Score:
    if score is None:
        return Score(end_sample, None, 1.0, NOT_STORED)
    value = float(score.score) if score.assessed else None
    own = score.population is not None
    return Score(end_sample, value, float(score.threshold), score.reason, own)


def _spans(maps: Iterable[ScoreMap]) -> tuple[Span, ...]:
    found: tuple[Span, ...] = ()
    for score in maps:
        found = merge_spans(found, localize(score))
    return found
