import shutil

import numpy as np
import pytest
import wfdb

from engine.errors import RecordError
from monitor.intake import Intake
from monitor.records import chunks, hello_of, read_record, to_messages
from monitor.wire import Bye, Data, Hello


def write(folder, name, x, names, fs=250, units=None, fmt="16", **more):
    """Write (n_leads, n) millivolts with wfdb's own writer, 1 uV per step."""
    wfdb.wrsamp(
        name,
        fs=fs,
        units=units or ["mV"] * len(names),
        sig_name=list(names),
        p_signal=np.asarray(x, np.float64).T,
        fmt=[fmt] * len(names),
        adc_gain=[1000.0] * len(names),
        baseline=[0] * len(names),
        write_dir=str(folder),
        **more,
    )
    return folder / name


@pytest.fixture
def ecg():
    t = np.arange(3000) / 250
    return np.round(np.stack([np.sin(t), np.cos(3 * t), 2 * np.sin(5 * t)]), 3)


@pytest.mark.parametrize("ending", ["", ".hea", ".dat"])
def test_a_record_is_found_with_or_without_extension(tmp_path, ecg, ending):
    path = write(tmp_path, "rec", ecg, ["I", "ii", "V1"])
    record = read_record(str(path) + ending)
    assert record.name == "rec" and record.fs_hz == 250 and record.leads == ("I", "ii", "V1")
    assert np.allclose(record.samples, ecg, atol=1e-6)
    assert record.notes == (
        "derived from the other limb leads: III, aVR, aVL, aVF",
        "absent: V2, V3, V4, V5, V6",
    )


def test_a_stretch_is_cut_out(tmp_path, ecg):
    record = read_record(write(tmp_path, "rec", ecg, ["I", "II", "V1"]), 2.0, 8.0)
    assert record.start_s == 2.0 and record.duration_s == 6.0
    assert np.allclose(record.samples, ecg[:, 500:2000], atol=1e-6)
    assert any("shorter than the 10 s" in note for note in record.notes)


def test_gaps_stay_gaps_and_other_signals_are_named(tmp_path, ecg):
    ecg[0, 100:200] = np.nan
    path = write(tmp_path, "rec", ecg, ["I", "PLETH", "V1"], units=["mV", "NU", "mV"])
    record = read_record(path)
    assert record.leads == ("I", "V1") and "ignored, no standard leads: PLETH" in record.notes
    assert np.flatnonzero(np.isnan(record.samples[0])).tolist() == list(range(100, 200))


@pytest.mark.parametrize(("unit", "factor"), [("uV", 1e-3), ("V", 1e3), ("NU", 1.0)])
def test_units_become_millivolts_and_unknown_ones_are_said(tmp_path, unit, factor):
    path = write(tmp_path, "rec", np.full((1, 3000), 2.0), ["II"], units=[unit])
    record = read_record(path)
    assert np.allclose(record.samples, 2.0 * factor)
    assert record.calibrated == (unit != "NU")
    assert any(note.startswith("unit NU is no voltage") for note in record.notes) == (unit == "NU")


def test_signals_sampled_several_times_per_frame_keep_their_rate(tmp_path):
    t = np.arange(6000) / 500
    signals = [np.round(np.sin(t), 3), np.round(np.cos(t), 3)]
    wfdb.wrsamp(
        "rec", 250, ["mV"] * 2, ["I", "II"], e_p_signal=signals, samps_per_frame=[2, 2], fmt=["16"] * 2,
        adc_gain=[1000.0] * 2, baseline=[0] * 2, write_dir=str(tmp_path),
    )  # fmt: skip
    record = read_record(tmp_path / "rec")
    assert record.fs_hz == 500 and np.allclose(record.samples, signals, atol=1e-6)


def header(folder, name, text):
    (folder / f"{name}.hea").write_text(text)
    return folder / name


def test_segments_of_one_layout_follow_each_other(tmp_path, ecg):
    for k in range(2):
        write(tmp_path, f"s{k}", ecg[:, k * 1500 : (k + 1) * 1500], ["I", "II", "V1"])
    record = read_record(header(tmp_path, "all", "all/2 3 250 3000\ns0 1500\ns1 1500\n"))
    assert np.allclose(record.samples, ecg, atol=1e-6) and "2 segments" in record.notes


def test_segments_of_variable_layout_and_gaps(tmp_path, ecg):
    write(tmp_path, "s1", ecg[[1, 0], :1000], ["II", "I"])
    write(tmp_path, "s2", ecg[[2, 0], 1500:], ["V1", "I"])
    header(
        tmp_path, "lay", "lay 3 250 0\n" + "".join(f"~ 0 1000/mV 16 0 0 0 0 {n}\n" for n in ("I", "II", "V1"))
    )
    path = header(tmp_path, "all", "all/4 3 250 3000\nlay 0\ns1 1000\n~ 500\ns2 1500\n")
    record = read_record(path, 2.0)
    expected = ecg.copy()
    expected[:, 1000:1500] = np.nan
    expected[2, :1000] = expected[1, 1500:] = np.nan
    assert record.leads == ("I", "II", "V1")
    assert np.allclose(record.samples, expected[:, 500:], atol=1e-6, equal_nan=True)


def test_a_file_cut_short_is_read_as_far_as_it_goes_and_said(tmp_path, ecg):
    path = write(tmp_path, "rec", ecg, ["I", "II", "V1"])
    data = (tmp_path / "rec.dat").read_bytes()
    (tmp_path / "rec.dat").write_bytes(data[: 6 * 2000 + 3])
    record = read_record(path)
    assert record.duration_s == 12 and np.isfinite(record.samples[:, :2000]).all()
    assert np.isnan(record.samples[:, 2000:]).all()
    assert "cut short: 8.0 s of the 12.0 s that its header promises are there" in record.notes


@pytest.mark.parametrize("fmt", ["80", "212", "24", "32"])
def test_other_formats(tmp_path, ecg, fmt):
    x = np.round(ecg / 20, 3) if fmt == "80" else np.round(ecg / 2, 3)
    record = read_record(write(tmp_path, "rec", x, ["I", "II", "V1"], fmt=fmt))
    assert np.allclose(record.samples, x, atol=1e-6)


def bad_records(tmp_path, ecg):
    write(tmp_path, "fine", ecg, ["I", "II", "V1"])
    yield "nothing there", "nothing", "there is no nothing.hea.*fine"
    yield "a folder", ".", "is a folder: name one record in it.*fine"
    yield "no such folder", "no/rec", "does not exist"
    (tmp_path / "notes.csv").write_text("a,b\n")
    yield "another kind of file", "notes.csv", "without a WFDB header"
    (tmp_path / "empty.hea").write_text("")
    yield "empty header", "empty", "empty.hea is empty"
    (tmp_path / "junk.hea").write_bytes(bytes(range(256)) * 4)
    yield "garbage header", "junk", "junk.hea"
    header(tmp_path, "none", "none 0 250 0\n")
    yield "no signals", "none", "describes no signals"
    header(tmp_path, "lone", "lone 1 250 1000\nlone.dat 16 1000/mV 16 0 0 0 0 II\n")
    yield "no signal file", "lone", "lone.dat is missing"
    shutil.copy(tmp_path / "lone.hea", tmp_path / "void.hea")
    (tmp_path / "lone2.hea").write_text((tmp_path / "lone.hea").read_text().replace("lone", "lone2"))
    (tmp_path / "lone2.dat").write_bytes(b"")
    yield "empty signal file", "lone2", "are empty"
    write(tmp_path, "pleth", ecg[:1], ["PLETH"])
    yield "no ECG", "pleth", "no ECG lead among"
    write(tmp_path, "twice", ecg[:2], ["II", "MLII"])
    yield "one lead twice", "twice", "comes twice"
    write(tmp_path, "slow", ecg[:1], ["II"], fs=50)
    yield "50 Hz", "slow", "50 Hz is too coarse"
    write(tmp_path, "fast", ecg[:1], ["II"], fs=5000)
    yield "5000 Hz", "fast", "5000 Hz is more than.*resample"
    header(tmp_path, "torn", "torn/2 3 250 6000\nfine 3000\ngone 3000\n")
    yield "a segment missing", "torn", "segment gone.hea is missing"
    write(tmp_path, "dead", np.full((1, 3000), np.nan), ["II"])
    yield "nothing valid", "dead", "not one valid ECG sample"


def test_every_bad_recording_gets_a_sentence_with_its_name_and_the_cure(tmp_path, ecg):
    for what, name, sentence in bad_records(tmp_path, ecg):
        with pytest.raises(RecordError, match=f"(?s){sentence}"):
            read_record(tmp_path / name)
            pytest.fail(what)


@pytest.mark.parametrize(
    ("start", "end", "sentence"), [(12, None, "lasts 12 s"), (5, 5, "not after the start")]
)
def test_a_stretch_outside_the_recording_is_refused(tmp_path, ecg, start, end, sentence):
    path = write(tmp_path, "rec", ecg, ["I", "II", "V1"])
    with pytest.raises(RecordError, match=sentence):
        read_record(path, start, end)


@pytest.mark.parametrize("payload", ["float32", "int16"])
def test_messages_carry_the_very_samples(tmp_path, ecg, payload):
    ecg[1, 40:60] = np.nan
    path = write(tmp_path, "rec", ecg + 40.0, ["I", "II", "V1"], fmt="32")  # too far from zero for 16 bits
    record = read_record(path)
    hello, *data, bye = to_messages(record, "ward.1", 0.1, payload)
    assert isinstance(hello, Hello) and isinstance(bye, Bye) and all(isinstance(d, Data) for d in data)
    assert len(data) == len(list(chunks(record, 0.1))) == 120 and hello.patient == "rec"
    intake = Intake()
    pieces = [p for m in (hello, *data, bye) for p in intake.accept_message(m, 0)]
    x, valid = (np.concatenate([getattr(p, a) for p in pieces], axis=1) for a in ("x", "valid"))
    assert np.array_equal(valid[1], np.isfinite(record.samples[1])) and valid[6].all()
    for row, lead in ((0, 0), (1, 1), (2, 6)):
        assert np.allclose(x[lead][valid[lead]], record.samples[row][valid[lead]], atol=2e-6)


def test_int16_widens_its_steps_for_a_range_that_does_not_fit(tmp_path):
    record = read_record(write(tmp_path, "rec", np.linspace(-100, 100, 3000)[None], ["II"], fmt="32"))
    (gain,) = hello_of(record, "ward.1", "int16").gain_uv
    assert 3.0 < gain < 3.2
