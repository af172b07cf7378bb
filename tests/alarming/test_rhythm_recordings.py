"""Floors on real recordings that nothing was chosen on: below them something broke."""

import os
from pathlib import Path

import pytest

from monitor.evaluation.sounds import listen
from monitor.records import read_record

pytestmark = pytest.mark.data

DATA = Path(os.environ.get("ECG_MONITOR_DATA", Path(__file__).parents[3] / "shared" / "data"))
LETHAL = ("asystole", "ventricular_fibrillation", "ventricular_tachycardia")


def heard(name, start_s, end_s, names=LETHAL):
    path = DATA / name
    if not path.with_suffix(".hea").exists():
        pytest.skip(f"no recording at {path} (ECG_MONITOR_DATA names another place)")
    return [(one.name, one.start_s + start_s) for one in listen(read_record(path, start_s, end_s), names)]


FAST = {"ventricular_fibrillation", "ventricular_tachycardia"}
"""Marked flutter of 190/min whose waves are all alike is a tachycardia by its form (609), marked tachycardia
whose waves change is torsades (614): where one becomes the other is a matter of definition."""


@pytest.mark.parametrize(
    ("name", "onset_s", "alarms"),
    [
        ("cudb/cu01", 214.2, {"ventricular_fibrillation"}),
        ("mitdb/205", 1460.7, {"ventricular_tachycardia"}),
        ("vfdb/422", 1535.2, {"ventricular_fibrillation"}),
        ("vfdb/609", 1021.1, FAST),
        ("vfdb/614", 1423.8, FAST),
    ],
)
def test_a_lethal_rhythm_is_alarmed_within_ten_seconds(name, onset_s, alarms):
    before = 30 if name != "vfdb/422" else 4  # tachycardia goes before it
    sounds = heard(name, onset_s - before, onset_s + 12)
    assert sounds and sounds[0][0] in alarms
    assert onset_s <= sounds[0][1] <= onset_s + 10


def test_an_alarm_that_was_false_stays_silent():
    """Record a103l of the CinC challenge of 2015: a monitor called asystole at 300 s, out of motion."""
    assert heard("odd-records/a103l", 255, 330, ("asystole",)) == []


@pytest.mark.parametrize("name", ["mitdb/106", "mitdb/208", "mitdb/118"])
def test_ectopy_and_blocks_raise_no_lethal_alarm(name):
    assert heard(name, 60, 120) == []
