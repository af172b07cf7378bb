"""Real rhythm through real beats, quality and vitals into the machine."""

import os
from pathlib import Path

import numpy as np
import pytest
import wfdb

from engine.beats import beats_of
from engine.grid import FS_HZ, WINDOW_N
from engine.leads import LeadMap
from engine.quality import quality_of
from engine.resample import resample_whole
from engine.vitals import vitals_of
from engine.window import Window
from monitor.alarms.alarm import Kind, Transition
from monitor.alarms.machine import AlarmMachine
from monitor.alarms.observation import observe_hop
from monitor.alarms.state import MachineState
from monitor.update import Source

DATA = Path(os.environ.get("ECG_MONITOR_DATA", Path(__file__).parents[3] / "shared" / "data"))


def raised_on(name, start_s, end_s):
    """Patient alarms of a stretch of a recording, with seconds of the recording when each was raised."""
    path = DATA / name
    if not path.with_suffix(".hea").exists():
        pytest.skip(f"no recording at {path} (ECG_MONITOR_DATA names another place)")
    fs = wfdb.rdheader(str(path)).fs
    record = wfdb.rdrecord(str(path), sampfrom=int(start_s * fs), sampto=int(end_s * fs))
    leads = LeadMap.from_names(("II", "V1"))
    x = leads.apply(record.p_signal.T.astype(np.float32))
    x, valid = resample_whole(np.nan_to_num(x), np.isfinite(x) & leads.present[:, None], fs)
    x, valid = (np.pad(a, ((0, 0), (WINDOW_N, 0))) for a in (x, valid))
    machine, state, events = AlarmMachine(), MachineState("ward.1"), []
    for end in range(FS_HZ, x.shape[1] - WINDOW_N, FS_HZ):
        part = np.s_[:, end : end + WINDOW_N]
        window = Window("ward.1", end, x[part], valid[part], leads.present, np.zeros(12, bool))
        quality = quality_of(window)
        beats = beats_of(window, quality)
        vitals = vitals_of(beats, window, quality)
        observation = observe_hop(window, quality, beats, vitals, None, (), Source("live"))
        state, happened = machine.step(state, observation, end * 4_000_000)
        events += happened
    return [
        (e.alarm.name, start_s + e.alarm.raised_sample / FS_HZ)
        for e in events
        if e.transition is Transition.RAISED and e.alarm.kind is Kind.PATIENT
    ]


@pytest.mark.data
@pytest.mark.parametrize("name", ["mitdb/101", "mitdb/107", "mitdb/115", "mitdb/118"])
def test_ten_minutes_of_an_unremarkable_rate_raise_no_rate_alarm(name):
    assert raised_on(name, 0, 600) == []


@pytest.mark.data
def test_annotated_asystole_is_alarmed_within_ten_seconds():
    onset_s = 1242.0  # rhythm annotation (ASYS of record 430
    alarms = [at_s for name, at_s in raised_on("vfdb/430", 1200, 1256) if name == "asystole"]
    assert alarms and onset_s <= alarms[0] <= onset_s + 10
