"""Mixed precision on a GPU: learns, and goes on after a stop to the same bits."""

from collections.abc import Iterator

import numpy as np
import pytest
import torch

from engine.models.config import NetworkConfig
from training.curves import Row
from training.dataset import Dataset, make_dataset
from training.fit import Training, TrainingConfig
from training.machine import Machine, join_machine
from training.ptbxl import read_entries

pytestmark = [
    pytest.mark.gpu,
    pytest.mark.skipif(not torch.cuda.is_available(), reason="needs an NVIDIA GPU"),
]

TINY = NetworkConfig(width=16, stem=8, beat_width=8, n_global_blocks=1, n_local_blocks=1)


@pytest.fixture(autouse=True)
def _deterministic() -> Iterator[None]:
    torch.use_deterministic_algorithms(True)
    yield
    torch.use_deterministic_algorithms(False)


@pytest.fixture(scope="module")
def dataset(mini_ptbxl) -> Dataset:
    return make_dataset(entry for entry in read_entries(mini_ptbxl) if entry.fold <= 8)


def train(dataset: Dataset, machine: Machine, epochs: int, state, resume: bool = False, stop_at: int = 0):
    training = Training(dataset, TINY, TrainingConfig(epochs, 8), machine, save_every_s=0)
    losses: list[float] = []

    def report(row: Row) -> None:
        if row.step == stop_at:
            raise KeyboardInterrupt
        losses.append(row.loss)

    try:
        training.run(state, resume, report)
    except KeyboardInterrupt:
        assert stop_at
    return training, losses


@pytest.mark.parametrize("precision", ["fp32", "bf16", "fp16"])
def test_training_on_a_gpu_learns_and_resumes_to_the_same_bits(dataset, tmp_path, precision):
    with join_machine("cuda", precision) as machine:
        whole, losses = train(dataset, machine, 3, tmp_path / "whole")
        assert np.isfinite(losses).all()
        assert np.mean(losses[-4:]) < np.mean(losses[:2])
        train(dataset, machine, 3, tmp_path / "stopped", stop_at=6)
        resumed, _ = train(dataset, machine, 3, tmp_path / "stopped", resume=True)
    for name, tensor in whole.network.state_dict().items():
        assert torch.equal(tensor, resumed.network.state_dict()[name]), name


def test_a_gpu_is_chosen_with_mixed_precision_if_there_is_one():
    with join_machine() as machine:
        assert machine.device.type == "cuda"
        assert machine.precision in ("bf16", "fp16")


def test_gpu_and_processor_learn_the_same(dataset, tmp_path):
    with join_machine("cuda", "fp32") as gpu:
        _, on_gpu = train(dataset, gpu, 1, tmp_path / "gpu")
    _, on_cpu = train(dataset, Machine(), 1, tmp_path / "cpu")
    np.testing.assert_allclose(on_gpu, on_cpu, rtol=0.02)
