"""Records that cannot be read or scored, in evaluation and in training: counted and named, never dropped."""

import json
import shutil
from collections.abc import Iterator

import numpy as np
import pytest
import torch
import wfdb
from rich.console import Console

from engine.errors import ConfigurationError, RecordError
from engine.leads import LEADS
from engine.models.config import NetworkConfig
from engine.scorer import load_scorer
from monitor.cli import main
from training.dataset import make_dataset
from training.display import Display
from training.evaluation import evaluate, score_entries
from training.fit import TrainingConfig
from training.ptbxl import read_entries
from training.session import train

TINY = NetworkConfig(width=16, stem=8, beat_width=8, n_global_blocks=1, n_local_blocks=1)


@pytest.fixture
def _torch_as_before() -> Iterator[None]:
    threads = torch.get_num_threads()
    yield
    torch.use_deterministic_algorithms(False)
    torch.set_num_threads(threads)


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


def test_training_without_a_fold_to_judge_by_is_refused_before_it_begins(mini_ptbxl, tmp_path, capsys):
    lines = (mini_ptbxl / "ptbxl_database.csv").read_text().splitlines()
    kept = [lines[0]] + [line for line in lines[1:] if line.split(",")[2] != "9"]
    (tmp_path / "ptbxl_database.csv").write_text("\n".join(kept))
    shutil.copy(mini_ptbxl / "scp_statements.csv", tmp_path)
    assert main(["train", "--data", str(tmp_path), "--out", str(tmp_path / "out")]) == 2
    error = capsys.readouterr().err
    assert "fold 9 has no normal and no abnormal records" in error and len(error.splitlines()) == 1


@pytest.mark.slow
@pytest.mark.usefixtures("_torch_as_before")
def test_training_names_at_its_end_what_it_left_out(spoilt, tmp_path, capsys):
    first = fold(spoilt, 3)[0].path
    first.with_suffix(".dat").unlink()
    config = TrainingConfig(1, 8, 0)
    with Display(Console()) as display, pytest.raises(RecordError, match=first.name):
        train(spoilt, tmp_path, config, display, network=TINY)
    with Display(Console()) as display:
        train(spoilt, tmp_path, config, display, skip_unreadable=True, network=TINY)
    said = capsys.readouterr().out.splitlines()
    assert said[-1] == "1 record could not be read" and first.name in said[-2]


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
