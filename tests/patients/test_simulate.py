import json
import re
import signal
import subprocess
import sys

import numpy as np
import pytest
import wfdb

from monitor.cli import main
from simulators.patient.patient import Patient
from simulators.patient.story import single_rhythm


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (["--rhythm", "samba"], "no rhythm is called 'samba'"),
        (["--story", "nowhere.toml"], "no story 'nowhere.toml'"),
        (["--fs", "50"], "sampling rate 50 Hz; choose one from 100 to 2000 Hz"),
        (["--fs", "nan"], "sampling rate nan Hz"),
        (["--speed", "0"], "--speed 0"),
        (["--seed", "-1"], "--seed -1"),
        (["--beds", "0"], "--beds 0: give 1 to 512"),
        (["--duration", "-3"], "--duration -3"),
        (["--duration", "nan"], "--duration nan"),
        (["--beds", "2", "--truth", "x.json"], "--truth is for one bed"),
        (["--beds", "2", "--bind", "tcp://127.0.0.1:0"], "--bind is for one bed"),
        (["--truth", "no/such/folder/x.json"], "no folder no/such/folder"),
        (["--record", "no/such/folder/x"], "folder no/such/folder does not exist"),
        (["--record", "x.dat", "--duration", "2"], "record name 'x.dat'"),
        (["--bed", "a b"], "'a b' is no bed name"),
        (["--to", "tcp://192.0.2.1:7310"], "say --insecure"),
        (["--bind", "tcp://0.0.0.0:7310"], "say --insecure"),
    ],
)
def test_bad_options_end_with_one_sentence(capsys, options, sentence):
    assert main(["simulate", *options]) == 2
    error = capsys.readouterr().err
    assert error.startswith("ecg-monitor: ")
    assert error.count("\n") == 1
    assert re.search(re.escape(sentence), error)


def test_record_reads_back_with_annotations_and_truth(tmp_path, capsys):
    path = tmp_path / "patient_1"
    options = ["--rhythm", "bigeminy", "--seed", "4", "--duration", "12", "--fs", "250"]
    assert main(["simulate", *options, "--record", str(path), "--truth", str(tmp_path / "t.json")]) == 0
    record, notes = wfdb.rdrecord(str(path)), wfdb.rdann(str(path), "atr")
    expected = Patient(single_rhythm("bigeminy"), seed=4, fs_hz=250).read(3000).samples
    assert np.abs(record.p_signal.T - expected).max() <= 0.0005001
    assert record.units == ["mV"] * 12
    known = json.loads((tmp_path / "t.json").read_text())
    assert notes.symbol[0] == "+"
    assert notes.aux_note[0].strip("\0") == "(B"
    assert notes.sample[1:].tolist() == [beat["sample"] for beat in known["beats"]]
    assert notes.symbol[1:] == [beat["symbol"] for beat in known["beats"]]
    assert known["n_samples"] == 3000
    assert "12 s" in capsys.readouterr().out


def test_truth_covers_what_was_sent(tmp_path, capsys):
    options = ["--rhythm", "vt", "--bind", "tcp://127.0.0.1:0", "--duration", "3", "--speed", "1000"]
    assert main(["simulate", *options, "--truth", str(tmp_path / "t.json")]) == 0
    assert json.loads((tmp_path / "t.json").read_text())["n_samples"] == 1500
    out = capsys.readouterr().out
    assert "ward.1: 12 leads at 500 Hz, waiting at tcp://127.0.0.1:" in out
    assert "Ventricular tachycardia" in out


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_stopped_patient_leaves_its_truth_and_no_traceback(tmp_path, number):
    command = [sys.executable, "-m", "monitor", "simulate", "--bind", "tcp://127.0.0.1:0"]
    with subprocess.Popen(
        [*command, "--truth", str(tmp_path / "t.json")],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert "waiting at" in process.stdout.readline()
        assert "Sinus rhythm" in process.stdout.readline()
        process.send_signal(number)
        _, error = process.communicate(timeout=20)
    assert error == ""
    assert process.returncode == 130
    assert json.loads((tmp_path / "t.json").read_text())["n_samples"] > 0
