"""Training of the published network, end to end on a miniature data set and a miniature network."""

import csv
import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from rich.progress import Progress

from engine.errors import ConfigurationError, ModelError
from engine.models.mcr2023.checkpoint import load_mcr2023
from engine.models.mcr2023.config import Mcr2023Config
from engine.models.mcr2023.passes import Assessed
from monitor.cli import main
from training.mcr2023.dataset import PublishedDataset, make_published_dataset, needed
from training.mcr2023.fit import PublishedTraining, fit_published
from training.mcr2023.scale import fit_scale
from training.mcr2023.session import train
from training.ptbxl import read_entries

TINY = Mcr2023Config(width=2, latent=4)


@pytest.fixture(autouse=True)
def _torch_as_before() -> Iterator[None]:
    threads = torch.get_num_threads()
    yield
    torch.use_deterministic_algorithms(False)
    torch.set_num_threads(threads)


@pytest.fixture(scope="module")
def trained(mini_ptbxl, tmp_path_factory) -> Path:
    out = tmp_path_factory.mktemp("mcr-2023")
    with Progress(disable=True) as progress:
        train(mini_ptbxl, out, 1, 0, False, 1, progress, TINY)
    return out


@pytest.fixture(scope="module")
def dataset(mini_ptbxl) -> PublishedDataset:
    return make_published_dataset(entry for entry in read_entries(mini_ptbxl) if needed(entry))


def run_training(dataset, state, resume=False, seed=0, report=lambda *_: None):
    config = PublishedTraining(epochs=2, batch=8, seed=seed)
    return fit_published(dataset, TINY, config, state, resume, report, lambda: None)


def test_only_normal_records_are_learned_from(dataset):
    learned = [dataset.entries[row] for row in dataset.fit_rows]
    assert all(entry.normal and entry.fold in range(1, 8) for entry in learned)
    chosen = [dataset.entries[row] for row in dataset.choice_rows]
    assert ({entry.fold for entry in chosen}, {entry.normal for entry in chosen}) == ({8}, {True, False})


def test_training_leaves_checkpoint_card_scores_and_state(trained):
    names = {"mcr-2023.safetensors", "mcr-2023.md", "mcr-2023.state", "scores.csv"}
    assert {path.name for path in trained.iterdir()} == names
    assert "CC BY 4.0" in (trained / "mcr-2023.md").read_text()
    assert load_mcr2023(trained / "mcr-2023.safetensors").config == TINY


def test_scores_of_both_folds_are_kept(trained):
    with (trained / "scores.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert [row["fold"] for row in rows] == ["8"] * 10 + ["9"] * 10
    assert {(row["normal"], row["superclasses"]) for row in rows} == {("1", "NORM"), ("0", "STTC")}
    normal = [float(row["score"]) for row in rows[:10] if row["normal"] == "1"]
    assert np.median(normal) == pytest.approx(0, abs=1e-4)


def test_evaluate_gives_the_scores_of_the_training(trained, mini_ptbxl, capsys):
    model = str(trained / "mcr-2023.safetensors")
    words = ["evaluate", "--model", model, "--data", str(mini_ptbxl), "--backend", "torch", "--json"]
    assert main(words) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["n_normal"], found["n_abnormal"], found["fold"], found["not_assessed"]) == (5, 5, 9, {})
    assert f"{found['auc']:.3f}" in (trained / "mcr-2023.md").read_text()


def test_resumed_training_equals_an_uninterrupted_one(dataset, tmp_path):
    whole, history = run_training(dataset, tmp_path / "whole")

    class KilledError(Exception):
        pass

    def kill(*_: float) -> None:
        raise KilledError

    with pytest.raises(KilledError):
        run_training(dataset, tmp_path / "state", report=kill)
    resumed, resumed_history = run_training(dataset, tmp_path / "state", resume=True)
    assert resumed_history == history
    for name, tensor in whole.state_dict().items():
        assert torch.equal(tensor, resumed.state_dict()[name]), name
    with pytest.raises(ConfigurationError, match="another training"):
        run_training(dataset, tmp_path / "state", resume=True, seed=5)
    (tmp_path / "state").write_bytes(b"half a file")
    with pytest.raises(ModelError, match="no whole training state"):
        run_training(dataset, tmp_path / "state", resume=True)


def test_learning_lowers_the_loss(dataset, tmp_path):
    config = PublishedTraining(epochs=3, batch=1, seed=0, precision="fp32")
    network = Mcr2023Config(width=4, latent=8)
    _, history = fit_published(
        dataset, network, config, tmp_path / "state", False, lambda *_: None, lambda: None
    )
    assert history[-1][0] < history[0][0] - 0.03


def test_scale_puts_five_percent_of_normal_records_above_one():
    rng = np.random.default_rng(0)
    normal = np.arange(400) % 2 == 0
    errors = np.stack((rng.normal(1, 0.1, 400), rng.normal(1, 0.1, 400) + 0.3 * ~normal), axis=1)
    assessed = [Assessed(one, rng.random((12, 1000), np.float32)) for one in errors]
    scale, (every, hidden) = fit_scale(assessed, normal)
    assert scale.hidden
    assert hidden > 0.9 > every
    assert (errors[normal, 1] > scale.one).mean() == pytest.approx(0.05)
    assert np.median(errors[normal, 1]) == scale.zero
    np.testing.assert_allclose(scale.map_unit, 0.9998, atol=1e-3)
