"""`evaluate beats` and `train beats` as commands."""

import json
import sys

import numpy as np
import pytest

from engine.classify.features import FEATURES
from engine.classify.network import OUTPUTS, load_network
from monitor.cli import main
from training.beats.card import card
from training.beats.fit import Example, fit
from training.beats.session import save


@pytest.mark.parametrize("command", ["evaluate", "train"])
def test_a_folder_without_records_is_one_sentence(command, tmp_path, capsys):
    assert main([command, "beats", "--data", str(tmp_path / "nowhere")]) == 2
    assert main([command, "beats", "--data", str(tmp_path)]) == 2
    error = capsys.readouterr().err.splitlines()
    assert len(error) == 2 and "--data" in error[0] and "--data" in error[1]


def test_a_missing_neurokit_is_said_before_the_work(tmp_path, monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "neurokit2", None)
    assert main(["evaluate", "beats", "--data", str(tmp_path), "--sets", "ludb"]) == 2
    assert "--no-neurokit" in capsys.readouterr().err


@pytest.mark.data
def test_figures_of_one_record_as_json(data_root, capsys):
    words = ["--sets", "ludb", "--records", "80", "--no-neurokit", "--json"]
    assert main(["evaluate", "beats", "--data", str(data_root), *words]) == 0
    found = json.loads(capsys.readouterr().out)["ludb"]
    assert (found["n_records"], found["part"]) == (1, "report")
    onset = found["delineators"]["ecg-monitor"]["QRS onset"]
    assert onset["n_annotated"] > 50 and abs(onset["mean_ms"]) < 20


def made_up_examples():
    """Records in which some features tell the classes apart."""
    rng = np.random.default_rng(0)
    for record in range(12):
        target = rng.integers(0, len(OUTPUTS), 60)
        features = rng.normal(0, 0.3, (60, len(FEATURES))).astype(np.float32)
        features[:, :8] += target[:, None]
        yield Example(str(record), features, target)


def test_the_same_examples_and_seed_give_the_same_weights(tmp_path, monkeypatch):
    monkeypatch.setattr("training.beats.fit.N_EPOCHS", 12)
    examples = list(made_up_examples())
    one, other = fit(examples, 3), fit(examples, 3)
    save(one, tmp_path / "beats.npz")
    read = load_network(tmp_path / "beats.npz")
    for name in ("mean", "w1", "b3"):
        np.testing.assert_array_equal(getattr(one, name), getattr(other, name))
        np.testing.assert_array_equal(getattr(one, name), getattr(read, name))
    right = [
        (read.without(one.record).probabilities(one.features).argmax(axis=1) == one.target).mean()
        for one in examples
    ]
    assert np.mean(right) > 0.8
    assert "12 records" in card(examples, 3) and "seed 3" in card(examples, 3)


def test_what_is_not_measured_counts_as_usual():
    network = fit(list(made_up_examples()), 0)
    nothing = np.full((1, len(FEATURES)), np.nan, np.float32)
    usual = network.mean[:1]
    np.testing.assert_allclose(
        network.without("0").probabilities(nothing), network.without("0").probabilities(usual), atol=1e-5
    )
