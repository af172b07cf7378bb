"""Recordings as published: every folder of the data at hand."""

import os
from pathlib import Path

import numpy as np
import pytest
import wfdb

from monitor.intake import Intake
from monitor.records import read_record, to_messages

DATA = Path(os.environ.get("ECG_MONITOR_DATA", Path(__file__).parents[3] / "shared" / "data"))
pytestmark = [
    pytest.mark.data,
    pytest.mark.skipif(
        not DATA.is_dir(), reason=f"no recordings at {DATA} (ECG_MONITOR_DATA names another place)"
    ),
]

RECORDS = [  # path, channels used, note expected
    ("mitdb/114.dat", 2, "absent: I, III"),
    ("nstdb/118e06", 2, "absent: I, III"),
    ("vfdb/418", 2, "unnamed ECG channels stand in the place of II, V1"),
    ("cudb/cu01", 1, "unnamed ECG channels stand in the place of II"),
    ("cpsc2021-af/data_101_6", 2, "derived from the other limb leads: III, aVR, aVL, aVF"),
    ("ludb/data/1", 12, None),
    ("ptbxl-zscored/records100/02000/02356_lr", 12, "unit NU is no voltage: amplitude unknown"),
    ("ptbxl/records500/00000/00809_hr", 12, None),
    ("cinc2021-samples/PTB_PTBXL/S0001.mat", 12, None),
    ("cinc2021-samples/CPSC_CPSC-Extra/Q0001", 12, None),
    ("odd-records/s0010_re.xyz", 12, "ignored, no standard leads: vx, vy, vz"),
    ("odd-records/a103l", 2, "ignored, no standard leads: PLETH"),
]


@pytest.mark.parametrize(("path", "n_leads", "note"), RECORDS, ids=[r[0] for r in RECORDS])
def test_published_recordings_are_read_as_wfdb_reads_them(path, n_leads, note):
    record = read_record(DATA / path, 0, 20)
    assert record.samples.shape[0] == n_leads
    assert note is None or any(line.startswith(note) for line in record.notes)
    direct = wfdb.rdrecord(record.path.removesuffix(".hea"), sampto=record.samples.shape[1])
    channels = [k for k, name in enumerate(direct.sig_name) if name in record.leads]
    assert np.allclose(record.samples, direct.p_signal.T[channels], atol=1e-6, equal_nan=True)
    intake = Intake()
    pieces = [p for m in to_messages(record, "ward.1") for p in intake.accept_message(m, 0)]
    assert pieces[-1].end_sample == np.ceil(record.samples.shape[1] * 250 / record.fs_hz)
    assert intake.source("ward.1", 0).counters == {}
