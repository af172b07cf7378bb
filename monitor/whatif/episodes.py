"""Alarms of a whole recording as stretches of time, and how those of two settings meet."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from engine.grid import FS_HZ
from monitor.alarms.alarm import AlarmEvent, Phase, Transition

NEAR_S: Final = 10.0
"""Alarms of one condition whose stretches come this close are about the same event."""


@dataclass(frozen=True, slots=True)
class Episode:
    """An alarm from its onset until its condition was found to be over; seconds of the recording."""

    name: str
    kind: str
    priority: str
    onset_s: float
    raised_s: float
    ended_s: float | None
    """None if it still held at the recording's end."""
    text: str

    def meets(self, other: "Episode") -> bool:
        """Whether both are about the same event."""
        if self.name != other.name:
            return False
        far = float("inf")
        ends = far if self.ended_s is None else self.ended_s, far if other.ended_s is None else other.ended_s
        starts = min(self.onset_s, self.raised_s), min(other.onset_s, other.raised_s)
        return starts[0] <= ends[1] + NEAR_S and starts[1] <= ends[0] + NEAR_S

    def document(self) -> dict[str, Any]:
        """JSON values."""
        return {name: getattr(self, name) for name in self.__dataclass_fields__}


class EpisodeTrack:
    """Collects episodes; a latched alarm that wakes up is one of its own."""

    def __init__(self) -> None:
        self._going: dict[int, Episode] = {}
        self._done: list[Episode] = []

    def add(self, event: AlarmEvent, end_sample: int) -> None:
        """Note a transition found at the window that ends there."""
        alarm, at_s = event.alarm, end_sample / FS_HZ
        if event.transition in (Transition.RAISED, Transition.REANNOUNCED) and alarm.id not in self._going:
            onset_s = alarm.onset_sample / FS_HZ if event.transition is Transition.RAISED else at_s
            priority = alarm.priority.name.lower()
            self._going[alarm.id] = Episode(
                alarm.name, alarm.kind.value, priority, onset_s, at_s, None, alarm.text
            )
        elif alarm.phase in (Phase.LATCHED, Phase.ENDED) and alarm.id in self._going:
            self._done.append(replace(self._going.pop(alarm.id), ended_s=at_s))

    def finish(self) -> tuple[Episode, ...]:
        """All episodes in the order they were raised."""
        found = [*self._done, *self._going.values()]
        return tuple(sorted(found, key=lambda episode: (episode.raised_s, episode.name)))


@dataclass(frozen=True, slots=True)
class Comparison:
    """The alarms of one recording under two settings."""

    missed: tuple[Episode, ...]
    """Of the first setting, with none of the second about the same event."""
    gained: tuple[Episode, ...]
    """Of the second, with none of the first about the same event."""
    later_s: tuple[float, ...]
    """For every alarm of the first that has one in the second: by how much that one was raised later."""


def compare(first: Sequence[Episode], second: Sequence[Episode]) -> Comparison:
    """Match alarms by condition and time; several may be about one event."""
    pairs = [(one, [other for other in second if one.meets(other)]) for one in first]
    gained = tuple(other for other in second if not any(one.meets(other) for one in first))
    return Comparison(
        missed=tuple(one for one, others in pairs if not others),
        gained=gained,
        later_s=tuple(
            min((other.raised_s - one.raised_s for other in others), key=abs)
            for one, others in pairs
            if others
        ),
    )
