"""PTB-XL's tables as published, and what is wrong with tables and records, said in one sentence."""

import ast
import csv
import os
from pathlib import Path

import numpy as np
import pytest
import wfdb

from engine.errors import ConfigurationError, RecordError
from engine.leads import LEADS
from training.dataset import make_example
from training.ptbxl import Entry, find_data, read_entries, read_signal

DATA = Path(os.environ.get("ECG_MONITOR_DATA", Path(__file__).parents[2] / "../shared/data"))
COLUMNS = ["ecg_id", "patient_id", "strat_fold", "scp_codes", "filename_lr", "filename_hr"]
STATEMENTS = [("NORM", "NORM"), ("IMI", "MI"), ("LVH", "HYP"), ("SR", ""), ("LVOLT", "")]


def write_csv(path: Path, header, rows) -> None:
    with path.open("w", newline="") as file:
        csv.writer(file).writerows([header, *rows])


def write_tables(folder: Path, codes: list[str], patients=None, folds=None) -> Path:
    n = len(codes)
    patients, folds = patients or [f"{100 + i}.0" for i in range(n)], folds or range(1, n + 1)
    names = [(f"records100/00000/{i:05d}_lr", f"records500/00000/{i:05d}_hr") for i in range(1, n + 1)]
    rows = [
        (i, p, f, c, *pair)
        for i, (p, f, c, pair) in enumerate(zip(patients, folds, codes, names, strict=True), start=1)
    ]
    write_csv(folder / "ptbxl_database.csv", COLUMNS, rows)
    write_csv(folder / "scp_statements.csv", ["", "diagnostic_class"], STATEMENTS)
    return folder


def test_superclasses_come_from_every_diagnostic_statement_whatever_its_likelihood(tmp_path):
    codes = ["{'NORM': 100.0, 'SR': 0.0}", "{'NORM': 50.0, 'IMI': 0.0}", "{'SR': 0.0, 'LVOLT': 100.0}"]
    entries = read_entries(write_tables(tmp_path, codes))
    assert [one.superclasses for one in entries] == [{"NORM"}, {"NORM", "MI"}, frozenset()]
    assert [one.normal for one in entries] == [True, False, False]
    assert [one.patient_id for one in entries] == [100, 101, 102]
    assert entries[1].path == tmp_path / "records100/00000/00002_lr"


def test_a_patient_in_two_folds_is_refused(tmp_path):
    write_tables(tmp_path, ["{'NORM': 100.0}"] * 3, patients=[7, 8, 7], folds=[1, 2, 9])
    with pytest.raises(
        ConfigurationError, match=r"patient 7 is in fold 1 \(record 1\) and in fold 9 \(record"
    ):
        read_entries(tmp_path)
    write_tables(tmp_path, ["{'NORM': 100.0}"] * 3, patients=[7, 8, 7], folds=[1, 2, 1])
    assert len(read_entries(tmp_path)) == 3


@pytest.mark.parametrize(
    ("column", "cell", "said"),
    [
        ("scp_codes", "{'NORM': ", "line 2"),
        ("scp_codes", "__import__('os')", "line 2"),
        ("strat_fold", "eleven", "line 2.*eleven"),
        ("strat_fold", "11", "fold 11"),
        ("patient_id", "", "line 2"),
        ("filename_lr", "", "names no file"),
    ],
)
def test_a_bad_cell_is_named_by_its_line(tmp_path, column, cell, said):
    write_tables(tmp_path, ["{'NORM': 100.0}"])
    with (tmp_path / "ptbxl_database.csv").open(newline="") as file:
        row = next(csv.DictReader(file)) | {column: cell}
    write_csv(tmp_path / "ptbxl_database.csv", list(row), [row.values()])
    with pytest.raises(ConfigurationError, match=said):
        read_entries(tmp_path)


def test_columns_that_lack_are_named(tmp_path):
    write_tables(tmp_path, ["{'NORM': 100.0}"])
    write_csv(tmp_path / "ptbxl_database.csv", ["ecg_id", "scp_codes", "filename_lr"], [])
    with pytest.raises(ConfigurationError, match="lacks the columns patient_id, strat_fold"):
        read_entries(tmp_path)
    (tmp_path / "scp_statements.csv").unlink()
    with pytest.raises(ConfigurationError, match=r"scp_statements\.csv cannot be read"):
        read_entries(tmp_path)


def test_a_table_that_is_no_text_is_refused(tmp_path):
    write_tables(tmp_path, ["{'NORM': 100.0}"])
    (tmp_path / "ptbxl_database.csv").write_bytes(b"\xff\xfe\x00\x81" * 9)
    with pytest.raises(ConfigurationError, match="no table in UTF-8"):
        read_entries(tmp_path)


def test_records_without_millivolts_are_refused_by_their_table(tmp_path):
    header = ["ecg_id", "patient_id", "strat_fold", "scale", "super_class", "filename_lr"]
    write_csv(tmp_path / "labels.csv", header, [(1, 2, 3, "zscored", "NORM", "records100/00000/00001_lr")])
    with pytest.raises(ConfigurationError, match="none of its 1 records is in millivolts"):
        read_entries(tmp_path)


def test_a_folder_without_the_data_is_told_how_to_fetch_it(tmp_path):
    with pytest.raises(ConfigurationError, match="ecg-monitor data fetch ptbxl"):
        find_data(tmp_path)


@pytest.fixture
def write_record(tmp_path):
    def write(x, fs=100, units="mV", names=LEADS) -> Entry:
        wfdb.wrsamp(
            "00001_lr",
            fs,
            [units] * len(names),
            list(names),
            x.T.astype(np.float64),
            fmt=["16"] * len(names),
            write_dir=str(tmp_path),
        )
        return Entry(1, 1, frozenset({"NORM"}), tmp_path / "00001_lr")

    return write


def test_microvolts_are_read_as_millivolts(write_record, ecg):
    x = ecg(1, 100)
    found, fs_hz = read_signal(write_record(x * 1000, units="uV"))
    np.testing.assert_allclose(found, x, atol=0.002)
    assert fs_hz == 100


def test_a_lead_that_is_missing_stays_missing(write_record, ecg):
    names = [lead for lead in LEADS if lead != "V3"]
    found, _ = read_signal(write_record(np.delete(ecg(1, 100), LEADS.index("V3"), axis=0), names=names))
    assert np.isnan(found[LEADS.index("V3")]).all()
    assert np.isfinite(np.delete(found, LEADS.index("V3"), axis=0)).all()


@pytest.mark.parametrize(
    ("how", "said"),
    [
        ({"units": "NU"}, "is in NU, which is no voltage"),
        ({"fs": 50}, "sampling rate of 50 Hz"),
        ({"names": [f"PLETH{i}" for i in range(12)]}, "no ECG lead among the 12 channels"),
        ({"names": ["I", "i", *LEADS[2:]]}, "lead I comes twice"),
    ],
)
def test_what_is_no_ecg_in_millivolts_is_refused_by_name(write_record, ecg, how, said):
    with pytest.raises(RecordError, match=said) as refused:
        read_signal(write_record(ecg(1, 100), **how))
    assert "00001_lr" in str(refused.value) and len(str(refused.value).splitlines()) == 1


def test_an_absurd_gain_is_refused(write_record, ecg):
    entry = write_record(ecg(1, 100))
    header = entry.path.with_suffix(".hea")
    lines = header.read_text().splitlines()
    gain = lines[2].split()[2].split("(")[0]
    header.write_text("\n".join(lines).replace(gain, f"{float(gain) / 1e6:g}") + "\n")
    with pytest.raises(RecordError, match=r"lead II .*correct the gain in its header"):
        read_signal(entry)


def test_a_signal_file_that_is_missing_is_named(write_record, ecg):
    entry = write_record(ecg(1, 100))
    entry.path.with_suffix(".dat").unlink()
    with pytest.raises(RecordError, match=r"00001_lr\.dat is missing; fetch it"):
        read_signal(entry)


def test_a_signal_file_cut_short_or_a_damaged_header_is_refused(write_record, ecg):
    entry = write_record(ecg(1, 100))
    signals = entry.path.with_suffix(".dat")
    signals.write_bytes(signals.read_bytes()[:5001])
    with pytest.raises(RecordError, match="cannot be read as a WFDB record"):
        read_signal(entry)
    entry.path.with_suffix(".hea").write_bytes(b"\x00\xff\n# nothing\n")
    with pytest.raises(RecordError, match="cannot be read as a WFDB record"):
        read_signal(entry)


def test_missing_samples_flat_leads_short_records_and_silence_are_states(write_record, ecg):
    whole = ecg(1, 100)
    for x in (
        np.where(np.arange(1000) < 400, np.nan, whole),
        np.zeros_like(whole),
        whole[:, :300],
        np.random.default_rng(0).normal(0, 0.01, whole.shape),
    ):
        example = make_example(write_record(x))
        assert len(example.quality.state) == 12
    entry = write_record(whole)
    signals = entry.path.with_suffix(".dat")
    signals.write_bytes(np.full(whole.size, -32768, "<i2").tobytes())  # WFDB's mark of a missing sample
    assert not make_example(entry).window.valid.any()
    example = make_example(write_record(whole[:, :300]))
    assert not example.window.valid[:, : example.window.x.shape[1] // 2].any()


needs_data = pytest.mark.skipif(not (DATA / "ptbxl").is_dir(), reason=f"no real recordings in {DATA}")


@pytest.mark.data
@needs_data
def test_superclasses_of_the_official_table_agree_with_the_curated_labels(tmp_path):
    folder = DATA / "ptbxl"
    if not (partial := folder / "ptbxl_database_partial.csv").is_file():
        pytest.skip(f"no {partial}")
    (tmp_path / "ptbxl_database.csv").write_bytes(partial.read_bytes())
    (tmp_path / "scp_statements.csv").write_bytes((folder / "scp_statements.csv").read_bytes())
    curated = {one.ecg_id: one for one in read_entries(folder)}
    entries = read_entries(tmp_path)
    assert len(entries) == 1314
    assert [one.ecg_id for one in entries if one.superclasses != curated[one.ecg_id].superclasses] == [3796]
    for one in entries:
        assert (one.fold, one.patient_id, one.normal) == (
            curated[one.ecg_id].fold,
            curated[one.ecg_id].patient_id,
            curated[one.ecg_id].normal,
        )
    with partial.open(newline="") as file:
        assert any(0.0 in ast.literal_eval(row["scp_codes"]).values() for row in csv.DictReader(file))
