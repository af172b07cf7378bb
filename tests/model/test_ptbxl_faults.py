"""Records that cannot be read or scored, in evaluation and in training: counted and named, never dropped."""

import json
import shutil

import numpy as np
import pytest
import wfdb

from engine.errors import ConfigurationError, RecordError
from engine.leads import LEADS
from engine.scorer import load_scorer
from monitor.cli import main
from training.dataset import make_dataset
from training.evaluation import evaluate, score_entries
from training.ptbxl import read_entries


@pytest.fixture
def spoilt(mini_ptbxl, tmp_path):
    """The miniature, with one record of fold 9 unreadable, one silent, one flat, one short, one with gaps."""
    folder = tmp_path / "ptbxl"
    shutil.copytree(mini_ptbxl, folder)
    fold9 = [one.path for one in read_entries(folder) if one.fold == 9]
    fold9[0].with_suffix(".dat").unlink()
    fold9[1].with_suffix(".hea").write_text("nonsense\n")
    fill(fold9[2], np.zeros((1000, 12), "<i2"))
    fill(fold9[3], np.full((1000, 12), -32768, "<i2"))
    x = wfdb.rdrecord(str(fold9[4])).p_signal[:300]
    wfdb.wrsamp(
        fold9[4].name, 100, ["mV"] * 12, list(LEADS), x, fmt=["16"] * 12, write_dir=str(fold9[4].parent)
    )
    return folder


def fill(path, samples):
    path.with_suffix(".dat").write_bytes(samples.tobytes())


def fold(folder, n):
    return [one for one in read_entries(folder) if one.fold == n]


def test_evaluation_counts_every_record_that_has_no_score_as_an_error(spoilt, mini_ptbxl):
    scorer = load_scorer()
    clean, found = (list(score_entries(scorer, fold(folder, 9))) for folder in (mini_ptbxl, spoilt))
    assert [one.entry.ecg_id for one in found] == [one.entry.ecg_id for one in clean]
    result = evaluate(found)
    assert (result.n_records, result.n_normal, result.n_abnormal) == (10, 5, 5)
    assert result.not_assessed == {"unreadable": 2, "flat": 1, "gap": 2}
    assert [bool(one.fault) for one in found] == [True, True] + [False] * 8
    left = [one for one in found if np.isfinite(one.score)]
    abnormal, normal = ([one.score for one in left if one.entry.normal == kind] for kind in (False, True))
    expected = np.mean([[a > n for n in [*normal] + [np.inf] * (5 - len(normal))] for a in abnormal])
    assert result.auc == pytest.approx(expected * len(abnormal) / 5)
    assert result.threshold_specificity <= len(normal) / 5


def test_evaluate_names_the_records_it_could_not_read(spoilt, capsys):
    assert main(["evaluate", "--data", str(spoilt), "--json"]) == 0
    out, err = capsys.readouterr()
    assert json.loads(out)["not_assessed"]["unreadable"] == 2
    assert "is missing; fetch it" in err and "cannot be read as a WFDB record" in err
    assert err.splitlines()[-1] == "2 records could not be read"


def test_a_fold_of_one_kind_has_no_figures(mini_ptbxl):
    normal = [one for one in fold(mini_ptbxl, 9) if one.normal][:2]
    with pytest.raises(ConfigurationError, match="2 normal and 0 abnormal"):
        evaluate(list(score_entries(load_scorer(), normal)))


def test_training_data_stops_at_an_unreadable_record_unless_told_to_leave_it_out(spoilt):
    entries = fold(spoilt, 9)
    with pytest.raises(RecordError, match=r"_lr\.dat is missing"):
        make_dataset(entries)
    left_out: list[str] = []
    data = make_dataset(entries, left_out)
    assert [one.ecg_id for one in data.entries] == [one.ecg_id for one in entries[2:]]
    assert len(left_out) == 2 and str(entries[0].path) in left_out[0]
    assert np.isfinite(data.inputs.signal).all()
    with pytest.raises(RecordError, match="no record could be read"):
        make_dataset(entries[:2], [])
