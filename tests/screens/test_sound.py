import pytest

from monitor.alarms.alarm import Priority
from monitor.tui.sound import AudioPause, Sounder

TENTH_NS = 100_000_000


def rings(priorities):
    """How often the bell rings in each second of a tenth-by-tenth course of priorities."""
    sounder = Sounder()
    rung = [sounder.ring(priority, i * TENTH_NS) for i, priority in enumerate(priorities)]
    return [sum(rung[i : i + 10]) for i in range(0, len(rung), 10)]


@pytest.mark.parametrize(
    ("priority", "pulses", "every_s"),
    [(Priority.HIGH, 10, 10), (Priority.MEDIUM, 3, 25), (Priority.LOW, 1, 30)],
)
def test_bursts(priority, pulses, every_s):
    per_second = rings([priority] * 600)
    bursts = [sum(per_second[i : i + every_s]) for i in range(0, 60 - 60 % every_s, every_s)]
    assert bursts == [pulses] * len(bursts)


def test_a_higher_priority_sounds_at_once():
    per_second = rings([Priority.LOW] * 50 + [Priority.HIGH] * 20)
    assert per_second[5] >= 3


def test_silence_without_alarms():
    assert sum(rings([None] * 100)) == 0


def test_only_a_higher_priority_breaks_through_a_pause():
    pause = AudioPause()
    assert pause.audible(Priority.MEDIUM, False) is Priority.MEDIUM
    assert pause.audible(Priority.MEDIUM, True) is None
    assert pause.audible(Priority.HIGH, True) is Priority.HIGH
    assert pause.audible(Priority.MEDIUM, True) is None
    assert pause.audible(Priority.MEDIUM, False) is Priority.MEDIUM


def test_an_alarm_that_comes_into_a_silent_pause_sounds():
    pause = AudioPause()
    assert pause.audible(None, True) is None
    assert pause.audible(Priority.LOW, True) is Priority.LOW
