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


@pytest.mark.parametrize(
    ("name", "onset_s", "alarm"),
    [
        ("cudb/cu01", 214.2, "ventricular_fibrillation"),
        ("mitdb/205", 1460.7, "ventricular_tachycardia"),
    ],
)
def test_a_lethal_rhythm_is_alarmed_within_ten_seconds(name, onset_s, alarm):
    sounds = heard(name, onset_s - 30, onset_s + 12)
    assert sounds and sounds[0][0] == alarm
    assert onset_s <= sounds[0][1] <= onset_s + 10


@pytest.mark.parametrize("name", ["mitdb/106", "mitdb/208", "mitdb/118"])
def test_ectopy_and_blocks_raise_no_lethal_alarm(name):
    assert heard(name, 60, 120) == []
