"""One training in two processes, started by torchrun as on a machine with two GPUs."""

import csv
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file

from engine.errors import ConfigurationError
from engine.models.config import NetworkConfig
from training.dataset import make_dataset
from training.fit import Training, TrainingConfig
from training.machine import Machine, join_machine
from training.ptbxl import read_entries

CHILD = Path(__file__).parent / "tiny_training.py"
TINY = NetworkConfig(width=16, stem=8, beat_width=8, n_global_blocks=1, n_local_blocks=1)


def run(n_processes: int, *words: str | Path) -> subprocess.CompletedProcess[str]:
    torchrun = (sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node")
    start = (*torchrun, str(n_processes)) if n_processes > 1 else (sys.executable,)
    return subprocess.run([*start, CHILD, "fit", *words], capture_output=True, text=True, timeout=200)


def losses(out: Path) -> np.ndarray:
    with (out / "losses.csv").open() as table:
        return np.array([float(row["loss"]) for row in csv.DictReader(table)])


@pytest.mark.slow
@pytest.mark.timeout(400)
def test_two_processes_learn_together_what_one_learns_alone(mini_ptbxl, tmp_path):
    assert run(1, mini_ptbxl, tmp_path / "one").returncode == 0
    ended = run(2, mini_ptbxl, tmp_path / "two")
    assert ended.returncode == 0, ended.stderr
    ranks = [load_file(tmp_path / "two" / f"rank-{rank}.safetensors") for rank in range(2)]
    for name, array in ranks[0].items():
        np.testing.assert_array_equal(array, ranks[1][name], err_msg=name)
    one, two = losses(tmp_path / "one"), losses(tmp_path / "two")
    assert len(one) == len(two) == 24
    np.testing.assert_allclose(two, one, rtol=0.1)  # each process averages over its own valid samples


@pytest.mark.slow
@pytest.mark.timeout(400)
@pytest.mark.parametrize("rank", [0, 1])
def test_a_process_that_dies_ends_the_others_and_the_training_goes_on_later(mini_ptbxl, tmp_path, rank):
    ended = run(2, mini_ptbxl, tmp_path / "out", "--kill", f"{rank}:10")
    assert ended.returncode != 0
    assert "SIGKILL" in ended.stderr
    assert run(2, mini_ptbxl, tmp_path / "out", "--resume").returncode == 0
    assert run(2, mini_ptbxl, tmp_path / "whole").returncode == 0
    np.testing.assert_array_equal(losses(tmp_path / "out"), losses(tmp_path / "whole"))


@pytest.mark.slow
@pytest.mark.timeout(400)
def test_the_process_that_is_left_says_so_and_ends(mini_ptbxl, tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    together = os.environ | {"WORLD_SIZE": "2", "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(port)}
    start = (sys.executable, CHILD, "fit", mini_ptbxl, tmp_path, "--kill", "1:10")
    processes = [
        subprocess.Popen(
            start, env=together | {"RANK": rank, "LOCAL_RANK": rank}, stderr=subprocess.PIPE, text=True
        )
        for rank in ("0", "1")
    ]
    said = [process.communicate(timeout=200)[1] for process in processes]
    assert processes[1].returncode == -signal.SIGKILL
    assert processes[0].returncode > 0
    assert "process 0 lost another process of this training at step" in said[0]


def test_a_batch_that_cannot_be_shared_is_refused(mini_ptbxl):
    data = make_dataset(entry for entry in read_entries(mini_ptbxl) if entry.fold <= 8)
    for batch, n_ranks, sentence in (
        (1, 2, "a batch of 1 records cannot be shared equally by 2 processes: give --batch a multiple of 2"),
        (9, 4, "such as 12"),
        (40, 40, "35 records in folds 1-7 cannot be shared by 40 processes"),
    ):
        with pytest.raises(ConfigurationError, match=sentence):
            Training(data, TINY, TrainingConfig(1, batch), Machine(n_ranks=n_ranks))


def test_every_record_of_a_batch_belongs_to_one_process():
    parts = [np.arange(12)[Machine(rank=rank, n_ranks=3).part(12)] for rank in range(3)]
    assert np.concatenate(parts).tolist() == list(range(12))


def test_what_the_machine_lacks_is_said(monkeypatch):
    with pytest.raises(ConfigurationError, match="fp16 needs a GPU"), join_machine("cpu", "fp16"):
        pass
    monkeypatch.setattr("torch.cuda.is_available", lambda: False)
    with (
        pytest.raises(ConfigurationError, match=r"has no GPU of its own .*--device cpu"),
        join_machine("cuda"),
    ):
        pass
    with join_machine() as machine:
        assert (machine.device.type, machine.precision, machine.first) == ("cpu", "fp32", True)
