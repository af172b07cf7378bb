"""An alarm from its raising to its end, as the journal tells it: with its evidence, or without for lists."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from monitor.alarms.alarm import Alarm, AlarmEvent, Phase, Transition


@dataclass(frozen=True, slots=True)
class AlarmCourse:
    """What happened to one alarm."""

    events: tuple[AlarmEvent, ...]
    """In order; at least one."""
    run: str
    """Run of the core that raised it, which says what its sample indices mean; empty if the journal does not
    tell."""

    @property
    def raised(self) -> Alarm:
        """The alarm as it was first announced."""
        return self.events[0].alarm

    @property
    def latest(self) -> Alarm:
        """The alarm as it stands, or as it ended."""
        return self.events[-1].alarm

    @property
    def acknowledged(self) -> tuple[str, int] | None:
        """Who acknowledged it last, and when (ns); None if nobody did."""
        for event in reversed(self.events):
            if event.transition is Transition.ACKNOWLEDGED:
                return event.alarm.acknowledged_by or "", event.time_ns
        return None

    @property
    def ended_ns(self) -> int | None:
        """When it left the list; None while it stands."""
        last = self.events[-1]
        return last.time_ns if last.alarm.phase is Phase.ENDED else None


@dataclass(frozen=True, slots=True)
class AlarmStory(AlarmCourse):
    """Everything the journal holds of one alarm."""

    evidence: tuple[Mapping[str, Any], ...]
    """What each event was judged on; empty where an operator caused it."""

    @property
    def seen(self) -> Mapping[str, Any]:
        """What the raising was judged on."""
        return self.evidence[0]
