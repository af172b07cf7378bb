import pytest

from engine.errors import ConfigurationError
from monitor.alarms.evidence import limits_json, limits_of
from monitor.alarms.limits import MAY_BE_OFF, Limits


def test_defaults_and_a_change():
    limits = Limits().changed(high_bpm=130, off=frozenset({"learned_anomaly"}))
    assert (limits.low_bpm, limits.high_bpm) == (50, 130)
    assert limits_of(limits_json(limits)) == limits


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"high_bpm": 300}, "high_bpm is 300; it must be a number from 60 to 220"),
        ({"low_bpm": float("nan")}, "low_bpm is nan"),
        ({"low_bpm": "50"}, "low_bpm is '50'"),
        ({"high_bpm": True}, "high_bpm is True"),
        ({"high_bpm": 150}, r"high_bpm \(150\) must lie below extreme_high_bpm \(140\)"),
        ({"hihg_bpm": 130}, "no alarm limit is called `hihg_bpm`"),
        ({"off": frozenset({"asystole"})}, "`asystole` cannot be switched off; only .*heart_rate_high"),
    ],
)
def test_refusals_say_the_cure(changes, sentence):
    with pytest.raises(ConfigurationError, match=sentence):
        Limits().changed(**changes)


def test_lethal_and_technical_alarms_cannot_be_switched_off():
    lethal = {"asystole", "ventricular_fibrillation", "ventricular_tachycardia"}
    lethal |= {"extreme_bradycardia", "extreme_tachycardia", "source_lost", "journal_failing"}
    assert not lethal & MAY_BE_OFF
