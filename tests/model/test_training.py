"""Train and evaluate end to end, on a miniature data set and a miniature network."""

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from rich.console import Console

from engine.backends.eager import TorchBackend
from engine.backends.onnx import HASH_KEY, OnnxBackend
from engine.checkpoint import load_checkpoint, save_checkpoint
from engine.errors import ConfigurationError, ModelError, RecordError
from engine.models.config import NetworkConfig
from engine.models.network import RestorationNetwork
from engine.preprocess import input_of, stack
from engine.scorer import load_scorer
from monitor.cli import main
from training.display import Display
from training.fit import TrainingConfig
from training.ptbxl import find_data, read_entries, read_signal
from training.session import train

TINY = NetworkConfig(width=16, stem=8, beat_width=8, n_global_blocks=1, n_local_blocks=1)


@pytest.fixture(autouse=True)
def _torch_as_before() -> Iterator[None]:
    threads = torch.get_num_threads()
    yield
    torch.use_deterministic_algorithms(False)
    torch.set_num_threads(threads)


@pytest.fixture(scope="module")
def trained(mini_ptbxl, tmp_path_factory) -> Path:
    out = tmp_path_factory.mktemp("model")
    with Display(Console(quiet=True)) as display:
        train(mini_ptbxl, out, TrainingConfig(2, 8, 0), display, network=TINY)
    return out


def test_training_leaves_checkpoint_graph_and_card(trained):
    assert {path.name for path in trained.iterdir()} == {
        "losses.csv",
        "losses.png",
        "mcr.md",
        "mcr.onnx",
        "mcr.safetensors",
        "mcr.state",
    }
    card = (trained / "mcr.md").read_text()
    assert "CC BY 4.0" in card
    assert "fold 9" in card


def test_evaluate_prints_one_json_object(trained, mini_ptbxl, capsys):
    words = ["evaluate", "--model", str(trained / "mcr.safetensors"), "--data", str(mini_ptbxl), "--json"]
    assert main(words) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["n_normal"], found["n_abnormal"], found["fold"]) == (5, 5, 9)
    assert found["auc"] > 0.9
    assert found["auc_interval"][0] <= found["auc"] <= found["auc_interval"][1]


def test_backends_agree(trained, ecg, judged):
    checkpoint = load_checkpoint(trained / "mcr.safetensors")
    backends = (OnnxBackend(trained / "mcr.onnx", checkpoint.sha256), TorchBackend(checkpoint))
    for n in (1, 3):
        batch = stack([input_of(*judged(ecg(seed))) for seed in range(n)])
        left, right = (backend.run(batch) for backend in backends)
        for name in left.__dataclass_fields__:
            np.testing.assert_allclose(
                getattr(left, name), getattr(right, name), rtol=1e-3, atol=1e-4, err_msg=name
            )


def test_checkpoint_round_trip(trained, tmp_path):
    first = load_checkpoint(trained / "mcr.safetensors")
    sha256 = save_checkpoint(first, tmp_path / "again.safetensors")
    second = load_checkpoint(tmp_path / "again.safetensors")
    assert second.sha256 == sha256
    assert second.config == first.config == TINY
    for name, array in first.normality.to_arrays().items():
        np.testing.assert_array_equal(array, second.normality.to_arrays()[name])


def test_truncated_checkpoint_is_refused(trained, tmp_path):
    whole = (trained / "mcr.safetensors").read_bytes()
    (tmp_path / "mcr.safetensors").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(ModelError, match="no whole safetensors file"):
        load_checkpoint(tmp_path / "mcr.safetensors")


def test_checkpoint_of_another_configuration_is_refused(trained, tmp_path):
    checkpoint = load_checkpoint(trained / "mcr.safetensors")
    other = type(checkpoint)(NetworkConfig(), checkpoint.weights, checkpoint.normality, {})
    save_checkpoint(other, tmp_path / "other.safetensors")
    with pytest.raises(ModelError, match="do not fit the configuration"):
        TorchBackend(load_checkpoint(tmp_path / "other.safetensors"))
    with pytest.raises(ModelError, match="positive integers"):
        NetworkConfig.from_dict({**TINY.to_dict(), "width": 0})


def test_graph_of_another_checkpoint_is_refused(trained, tmp_path):
    with pytest.raises(ModelError, match="another checkpoint"):
        OnnxBackend(trained / "mcr.onnx", "0" * 64)
    (tmp_path / "bad.onnx").write_bytes(b"no graph")
    with pytest.raises(ModelError, match="no ONNX network"):
        OnnxBackend(tmp_path / "bad.onnx", "0" * 64)
    with pytest.raises(ModelError, match="cannot be read"):
        OnnxBackend(tmp_path / "none.onnx", "0" * 64)


def test_unknown_model_or_backend_is_named(trained):
    with pytest.raises(ConfigurationError, match="no model 'nope'"):
        load_scorer("nope")
    with pytest.raises(ConfigurationError, match=r"choose auto, .*onnx, torch"):
        load_scorer(backend="abacus", weights=trained)


def test_data_that_is_not_there_is_named(tmp_path, capsys):
    assert main(["train", "--data", str(tmp_path), "--out", str(tmp_path / "out")]) == 2
    assert "name its folder with --data" in capsys.readouterr().err
    with pytest.raises(ConfigurationError):
        find_data(tmp_path)


def test_record_that_is_not_there_is_named(mini_ptbxl, tmp_path):
    entry = read_entries(mini_ptbxl)[0]
    gone = type(entry)(entry.ecg_id, entry.fold, entry.superclasses, tmp_path / "gone")
    with pytest.raises(RecordError, match="gone cannot be read"):
        read_signal(gone)


def test_shipped_network_has_the_shape_the_code_gives_it():
    assert (
        RestorationNetwork(NetworkConfig()).config
        == load_checkpoint(Path(load_scorer.__globals__["WEIGHTS"]) / "mcr.safetensors").config
    )
    assert HASH_KEY
