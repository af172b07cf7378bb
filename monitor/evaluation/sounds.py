"""What the monitor said of a recording, and when."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from engine.grid import FS_HZ
from engine.scorer import Scorer
from monitor.alarms.alarm import AlarmEvent, Phase, Transition
from monitor.evaluation.silent import SilentScorer
from monitor.evaluation.ward import play_ward
from monitor.pipeline import Pipeline
from monitor.records import Record


@dataclass(frozen=True, slots=True)
class Sound:
    """An alarm from when its condition was found to when it was found to be over; seconds of the recording.

    A latched alarm that wakes up, which nobody acknowledges here, is a sound of its own.
    """

    name: str
    start_s: float
    end_s: float
    onset_s: float
    """Where the alarm says its condition began."""
    text: str


def listen(record: Record, names: Iterable[str], scorer: Scorer | None = None) -> list[Sound]:
    """Run a recording through the pipeline, without the model if none is given; note some of its alarms."""
    return listen_all([record], names, scorer)[0]


def listen_all(
    records: Sequence[Record], names: Iterable[str], scorer: Scorer | None = None
) -> list[list[Sound]]:
    """Run recordings side by side, each as a bed, with what happens in one unknown to the others."""
    wanted = frozenset(names)
    done: list[list[Sound]] = [[] for _ in records]
    going: list[dict[str, Sound]] = [{} for _ in records]
    for place, outcome in play_ward(Pipeline(scorer or SilentScorer()), records):
        at_s = outcome.update.end_sample / FS_HZ
        for event in outcome.events:
            if event.alarm.name in wanted:
                _note(event, at_s, going[place], done[place])
    return [
        sorted([*over, *still.values()], key=lambda sound: (sound.start_s, sound.name))
        for over, still in zip(done, going, strict=True)
    ]


def _note(event: AlarmEvent, at_s: float, going: dict[str, Sound], done: list[Sound]) -> None:
    alarm, name = event.alarm, event.alarm.name
    if event.transition in (Transition.RAISED, Transition.REANNOUNCED) and name not in going:
        woken = event.transition is Transition.REANNOUNCED  # the alarm keeps the onset of its first time
        onset_s = at_s if woken else alarm.onset_sample / FS_HZ
        going[name] = Sound(name, at_s, float("inf"), onset_s, alarm.text)
    elif alarm.phase in (Phase.LATCHED, Phase.ENDED) and name in going:
        done.append(replace(going.pop(name), end_s=at_s))
