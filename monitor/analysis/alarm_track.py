from dataclasses import replace

from monitor.alarms.alarm import Alarm, AlarmEvent


class AlarmTrack:
    """Every alarm of a recording once: as it was raised, with the gravest priority it reached and its end."""

    def __init__(self) -> None:
        self._alarms: dict[int, Alarm] = {}

    def add(self, event: AlarmEvent) -> None:
        """Note a transition."""
        now = event.alarm
        first = self._alarms.get(now.id, now)
        self._alarms[now.id] = replace(
            first, phase=now.phase, priority=max(first.priority, now.priority), ended_sample=now.ended_sample
        )

    def finish(self) -> tuple[Alarm, ...]:
        """Return the alarms in the order they were raised."""
        return tuple(sorted(self._alarms.values(), key=lambda alarm: (alarm.raised_sample, alarm.id)))
