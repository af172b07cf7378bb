"""Live over sockets against analysis, on real recordings."""

import os
from pathlib import Path

import pytest
from core_live import alarms_of, live_alarms

from monitor.analysis import analyze
from monitor.records import read_record

DATA = Path(os.environ.get("ECG_MONITOR_DATA", Path(__file__).parents[3] / "shared" / "data"))


@pytest.mark.data
@pytest.mark.parametrize(
    ("name", "start_s", "end_s", "expected"),
    [
        ("vfdb/418", 380.0, 440.0, "ventricular_fibrillation"),
        ("cinc2021-samples/PTB_PTBXL/S0009", 0.0, 40.0, None),
        ("mitdb/106", 770.0, 800.0, None),
        ("cudb/cu01", 200.0, 240.0, "ventricular_fibrillation"),
    ],
)
def test_live_and_analysis_raise_the_same_alarms(scorer, tmp_path, name, start_s, end_s, expected):
    if not (DATA / f"{name}.hea").is_file():
        pytest.skip(f"no recording {DATA / name}: set ECG_MONITOR_DATA (see CONTRIBUTING.md)")
    record = read_record(DATA / name, start_s, end_s)
    offline = alarms_of(analyze(record, scorer).alarms)
    assert alarms_of(live_alarms(record, scorer, tmp_path)) == offline
    assert expected is None or expected in {alarm[0] for alarm in offline}
