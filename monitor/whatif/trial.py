"""One recording judged under two settings at the same time."""

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from engine.beats import Beats
from engine.grid import FS_HZ
from engine.quality import Quality
from engine.scoremap import ScoreMap
from engine.signals import Signals
from monitor.journal.entry import Entry, EntryKind, alarm_entry
from monitor.journal.replayhash import replay_hashes
from monitor.pipeline import Outcome
from monitor.pipeline.reading import WindowScorer
from monitor.update import Coverage
from monitor.whatif.episodes import Comparison, Episode, EpisodeTrack, compare
from monitor.whatif.operators import Act, do_again
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
    n_acts: int
    """What operators did and could be done again."""


@dataclass(frozen=True, slots=True)
class Trial:
    """A recording under the original setting and under the changed one."""

    name: str
    seconds: float
    original: Verdict
    changed: Verdict
    comparison: Comparison
    n_acts: int
    """What operators did while it was recorded."""


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

    def __init__(self, setting: Setting, scorer: WindowScorer) -> None:
        self._setting = setting
        self._pipeline = setting.pipeline(scorer)
        self._track = EpisodeTrack()
        self._entries: list[Entry] = []
        self._now_ns = 0
        self._n_acts = 0

    def take(self, messages: Iterable[Message], acts: Iterable[Act]) -> None:
        """Take in messages, each when its last sample was taken, then do what operators did after them."""
        for message in messages:
            if isinstance(message, Data):
                self._now_ns = _ns(message.first_sample + message.n_samples, message)
            self._pipeline.receive_message(message, self._now_ns)
        while outcomes := self._pipeline.step():
            self._hear(outcomes)
        for act in acts:
            done = do_again(act, self._pipeline, self._setting, self._now_ns)
            self._n_acts += done is not None
            self._hear([] if done is None else [done])

    def finish(self) -> Verdict:
        """Take what stands at the end; the recording's end ends no alarm."""
        (bed,) = self._pipeline.beds
        for outcome in self._pipeline.tick(self._now_ns + LATER_NS):
            self._entries += [alarm_entry(event, outcome.evidence) for event in outcome.events]
        coverage = self._pipeline.known(bed).update.coverage
        ended = Entry(EntryKind.COVERAGE, 0, {"by_reason": {}}, bed)
        (one,) = replay_hashes([*self._entries, ended])
        return Verdict(self._track.finish(), coverage, one.sha256, self._n_acts)

    def _hear(self, outcomes: Iterable[Outcome]) -> None:
        for outcome in outcomes:
            for event in outcome.events:
                self._track.add(event, outcome.update.end_sample)
                self._entries.append(alarm_entry(event, outcome.evidence))


def try_out(
    name: str,
    messages: Iterable[Message],
    settings: tuple[Setting, Setting],
    scorers: tuple[WindowScorer, WindowScorer],
    acts: Sequence[Act] = (),
) -> Trial:
    """Judge a recording under both settings, in its own time, with what operators did then.

    Where both use the same model at the same hop they share its scores: only what was changed differs.
    """
    first, second = settings
    if scorers[0] is scorers[1] and first.hop_s == second.hop_s:
        scorers = (SharedScores(scorers[0]),) * 2
    judges = [_Judge(one, scorer) for one, scorer in zip(settings, scorers, strict=True)]
    samples_s = 0.0
    for batch, done in _turns(messages, acts):
        samples_s += sum(map(_seconds, batch))
        for judge in judges:
            judge.take(batch, done)
    original, changed = (judge.finish() for judge in judges)
    compared = compare(original.episodes, changed.episodes)
    return Trial(name, samples_s, original, changed, compared, len(acts))


def _turns(messages: Iterable[Message], acts: Sequence[Act]) -> Iterator[tuple[list[Message], list[Act]]]:
    """Some seconds of messages, a batch for the model and no flood for the ring, and what was done then."""
    batch: list[Message] = []
    held_s, waiting = 0.0, deque(acts)
    for message in messages:
        if isinstance(message, Data) and message.first_sample > 0:
            done = list(_until(message.first_sample * FS_HZ / message.fs_hz, waiting))
            if done or held_s >= BATCH_S:
                yield batch, done
                batch, held_s = [], 0.0
        batch.append(message)
        held_s += _seconds(message)
    yield batch, list(waiting)


def _until(sample: float, waiting: deque[Act]) -> Iterator[Act]:
    while waiting and waiting[0].sample <= sample:
        yield waiting.popleft()


def _seconds(message: Message) -> float:
    return message.n_samples / message.fs_hz if isinstance(message, Data) else 0.0


def _ns(sample: int, message: Data) -> int:
    return round(sample / message.fs_hz * 1e9)
