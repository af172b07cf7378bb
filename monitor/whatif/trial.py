"""One recording judged under two settings at the same time."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from engine.beats import Beats
from engine.quality import Quality
from engine.scoremap import ScoreMap
from engine.signals import Signals
from monitor.journal.entry import Entry, EntryKind, alarm_entry
from monitor.journal.replayhash import replay_hashes
from monitor.pipeline import Pipeline
from monitor.pipeline.reading import WindowScorer
from monitor.update import Coverage
from monitor.whatif.episodes import Comparison, Episode, EpisodeTrack, compare
from monitor.whatif.setting import Setting
from monitor.wire import Data, Message

LATER_NS: Final = 10_000_000_000
BATCH_S: Final = 10.0
"""Signal that both settings take in turn."""
SCORES_KEPT: Final = 500
"""More than the windows of `BATCH_S` at the shortest hop."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What one setting made of a recording."""

    episodes: tuple[Episode, ...]
    coverage: Coverage
    sha256: str
    """As `ecg-monitor journal --hash` would give it."""


@dataclass(frozen=True, slots=True)
class Trial:
    """A recording under the original setting and under the changed one."""

    name: str
    seconds: float
    original: Verdict
    changed: Verdict
    comparison: Comparison


class SharedScores:
    """The model for both settings: what it said of a window once, it need not work out again."""

    def __init__(self, scorer: WindowScorer) -> None:
        self._scorer = scorer
        self._said: dict[tuple[str, int], ScoreMap] = {}
        self.model = scorer.model
        self.backend = scorer.backend

    def score(self, signals: Signals, qualities: Sequence[Quality], beats: Sequence[Beats]) -> list[ScoreMap]:
        """Score, or hand out what is known of just these windows."""
        keys = [(window.bed, window.end_sample) for window in signals.windows]
        if not all(key in self._said for key in keys):
            self._said |= zip(keys, self._scorer.score(signals, qualities, beats), strict=True)
        found = [self._said[key] for key in keys]
        for key in list(self._said)[:-SCORES_KEPT]:
            del self._said[key]
        return found


class _Judge:
    """A pipeline under one setting, and what came of it."""

    def __init__(self, pipeline: Pipeline) -> None:
        self.pipeline = pipeline
        self._track = EpisodeTrack()
        self._entries: list[Entry] = []

    def take(self, messages: Iterable[Message], now_ns: int) -> None:
        for message in messages:
            self.pipeline.receive_message(message, now_ns)
        while outcomes := self.pipeline.step():
            for outcome in outcomes:
                for event in outcome.events:
                    self._track.add(event, outcome.update.end_sample)
                    self._entries.append(alarm_entry(event, outcome.evidence))

    def finish(self, now_ns: int) -> Verdict:
        """Take what stands at the end; the recording's end ends no alarm."""
        (bed,) = self.pipeline.beds
        for outcome in self.pipeline.tick(now_ns + LATER_NS):
            self._entries += [alarm_entry(event, outcome.evidence) for event in outcome.events]
        coverage = self.pipeline.known(bed).update.coverage
        ended = Entry(EntryKind.COVERAGE, 0, {"by_reason": {}}, bed)
        (one,) = replay_hashes([*self._entries, ended])
        return Verdict(self._track.finish(), coverage, one.sha256)


def try_out(
    name: str,
    messages: Iterable[Message],
    settings: tuple[Setting, Setting],
    scorers: tuple[WindowScorer, WindowScorer],
) -> Trial:
    """Judge a recording under both settings, in its own time.

    Where both use the same model at the same hop they share its scores: only what was changed differs.
    """
    first, second = settings
    if scorers[0] is scorers[1] and first.hop_s == second.hop_s:
        scorers = (SharedScores(scorers[0]),) * 2
    judges = [_Judge(one.pipeline(scorer)) for one, scorer in zip(settings, scorers, strict=True)]
    now_ns, samples_s = 0, 0.0
    for batch in _batches(messages):
        for message in batch:
            if isinstance(message, Data):
                samples_s += message.n_samples / message.fs_hz
        now_ns = round(samples_s * 1e9)
        for judge in judges:
            judge.take(batch, now_ns)
    original, changed = (judge.finish(now_ns) for judge in judges)
    return Trial(name, samples_s, original, changed, compare(original.episodes, changed.episodes))


def _batches(messages: Iterable[Message]) -> Iterable[list[Message]]:
    """Some seconds each: a batch for the model, and no flood for the ring."""
    batch: list[Message] = []
    held_s = 0.0
    for message in messages:
        batch.append(message)
        held_s += message.n_samples / message.fs_hz if isinstance(message, Data) else 0.0
        if held_s >= BATCH_S:
            yield batch
            batch, held_s = [], 0.0
    if batch:
        yield batch
