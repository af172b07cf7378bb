"""A training that was killed goes on as if nothing had happened."""

import resource
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.numpy import load_file

from engine.errors import ConfigurationError, ModelError
from engine.models.config import NetworkConfig
from training.curves import Row
from training.dataset import Dataset, choose, make_dataset
from training.fit import Training, TrainingConfig
from training.machine import Machine
from training.ptbxl import read_entries
from training.statefile import read_state, write_state

TINY = NetworkConfig(width=16, stem=8, beat_width=8, n_global_blocks=1, n_local_blocks=1)
CHILD = Path(__file__).parent / "tiny_training.py"


class KilledError(Exception):
    pass


@pytest.fixture(scope="module")
def dataset(mini_ptbxl) -> Dataset:
    return make_dataset(entry for entry in read_entries(mini_ptbxl) if entry.fold <= 8)


def train(
    dataset, state, *, resume=False, kill_at=None, machine=None, **config
) -> tuple[Training, list[Row]]:
    training = Training(
        dataset,
        TINY,
        TrainingConfig(**{"epochs": 2, "batch": 8, **config}),
        machine or Machine(),
        save_every_s=0,
    )
    rows: list[Row] = []

    def report(row: Row) -> None:
        if row.step == kill_at:
            raise KilledError
        rows.append(row)

    try:
        training.run(state, resume, report)
    except KilledError:
        assert kill_at is not None
    return training, rows


def assert_same_network(left: Training, right: Training) -> None:
    for name, tensor in left.network.state_dict().items():
        assert torch.equal(tensor, right.network.state_dict()[name]), name


@pytest.mark.parametrize(("precision", "kills"), [("fp32", (1, 4, 5)), ("bf16", (7,))])
def test_training_stopped_at_any_step_goes_on_to_the_same_network(dataset, tmp_path, precision, kills):
    machine = Machine(precision=precision)
    whole, rows = train(dataset, tmp_path / "whole", machine=machine)
    assert len(rows) == rows[-1].n_steps == 8
    assert np.isfinite([row.loss for row in rows]).all()
    for kill_at in kills:
        _, before = train(dataset, tmp_path / f"{kill_at}", kill_at=kill_at, machine=machine)
        resumed, after = train(dataset, tmp_path / f"{kill_at}", resume=True, machine=machine)
        seen = {row.step: (row.epoch, row.loss, row.validation_auc, row.epoch_loss) for row in before + after}
        assert seen == {row.step: (row.epoch, row.loss, row.validation_auc, row.epoch_loss) for row in rows}
        assert after[0].step in (kill_at - 1, kill_at)  # no more than a step is done again
        assert_same_network(whole, resumed)


def test_finished_training_is_not_trained_again(dataset, tmp_path):
    whole, _ = train(dataset, tmp_path / "state")
    again, rows = train(dataset, tmp_path / "state", resume=True)
    assert rows == []
    assert_same_network(whole, again)


def test_seed_makes_the_network(dataset, tmp_path):
    first, _ = train(dataset, tmp_path / "1", seed=1)
    second, _ = train(dataset, tmp_path / "2", seed=2)
    assert any(
        not torch.equal(tensor, second.network.state_dict()[name])
        for name, tensor in first.network.state_dict().items()
    )


def test_resuming_another_training_is_refused(dataset, tmp_path):
    train(dataset, tmp_path / "state", kill_at=3)
    with pytest.raises(ConfigurationError, match="seed 0 there, 5 asked for"):
        train(dataset, tmp_path / "state", resume=True, seed=5)
    with pytest.raises(ConfigurationError, match="precision fp32 there, bf16 asked for"):
        train(dataset, tmp_path / "state", resume=True, machine=Machine(precision="bf16"))


def test_resuming_with_other_records_is_refused(dataset, tmp_path):
    train(dataset, tmp_path / "state", kill_at=3)
    fewer = Dataset(dataset.entries[1:], choose(dataset.inputs, np.arange(1, len(dataset.entries))))
    with pytest.raises(ConfigurationError, match="belongs to another training \\(data "):
        train(fewer, tmp_path / "state", resume=True)


@pytest.mark.parametrize("share", [0.0, 0.3, 0.99])
def test_half_a_state_is_refused(tmp_path, share):
    write_state(tmp_path / "state", {"seed": 0}, {"x": torch.arange(1000)})
    whole = (tmp_path / "state").read_bytes()
    (tmp_path / "state").write_bytes(whole[: int(len(whole) * share)])
    with pytest.raises(ModelError, match="no whole training state"):
        read_state(tmp_path / "state", {"seed": 0})


def test_a_flipped_bit_in_a_state_is_found(tmp_path):
    write_state(tmp_path / "state", {"seed": 0}, {"x": torch.arange(1000)})
    content = bytearray((tmp_path / "state").read_bytes())
    for at in np.random.default_rng(0).integers(0, len(content), 20):
        flipped = content.copy()
        flipped[at] ^= 1
        (tmp_path / "state").write_bytes(flipped)
        with pytest.raises(ModelError, match="without --resume"):
            read_state(tmp_path / "state", {"seed": 0})


def test_full_disk_leaves_the_state_before(tmp_path):
    write_state(tmp_path / "state", {}, {"step": 1})
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, limits[1]))
    try:
        with pytest.raises(ConfigurationError, match=r"state cannot be written .* intact: free some space"):
            write_state(tmp_path / "state", {}, {"step": 2, "x": torch.zeros(100_000)})
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert read_state(tmp_path / "state", {}) == {"step": 1}
    assert [path.name for path in tmp_path.iterdir()] == ["state"]


def test_a_loss_that_is_no_number_ends_the_training(dataset, tmp_path):
    broken = Dataset(dataset.entries, type(dataset.inputs)(**inputs_of(dataset, signal=np.nan)))
    with pytest.raises(ModelError, match="the loss is nan at step 1"):
        train(broken, tmp_path / "state")


def inputs_of(dataset: Dataset, signal: float) -> dict:
    inputs = {name: getattr(dataset.inputs, name) for name in dataset.inputs.__dataclass_fields__}
    return inputs | {"signal": np.full_like(dataset.inputs.signal, signal)}


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_training_killed_at_random_moments_ends_with_the_same_files(mini_ptbxl, tmp_path):
    def start(out: Path, *words: str) -> subprocess.Popen[bytes]:
        return subprocess.Popen([sys.executable, CHILD, "whole", mini_ptbxl, out, *words])

    started = time.monotonic()
    assert start(tmp_path / "whole").wait() == 0
    moments_s = np.random.default_rng().uniform(0.1, 0.9, 5) * (time.monotonic() - started)
    kills = 0
    for moment_s in moments_s:
        child = start(tmp_path / "killed", "--resume")
        try:
            child.wait(moment_s)
        except subprocess.TimeoutExpired:
            child.send_signal(signal.SIGKILL)
            kills += child.wait() == -signal.SIGKILL
    assert kills > 0, moments_s
    assert start(tmp_path / "killed", "--resume").wait() == 0
    whole, killed = (load_file(tmp_path / name / "mcr.safetensors") for name in ("whole", "killed"))
    assert whole.keys() == killed.keys()
    for name, array in whole.items():
        np.testing.assert_array_equal(array, killed[name], err_msg=f"{name} after {moments_s}")
    for name in ("mcr.safetensors", "mcr.onnx", "mcr.md"):
        assert (tmp_path / "whole" / name).read_bytes() == (tmp_path / "killed" / name).read_bytes(), name
    tables = [(tmp_path / name / "losses.csv").read_text().splitlines() for name in ("whole", "killed")]
    without_seconds = [[line.rsplit(",", 1)[0] for line in table] for table in tables]
    assert without_seconds[0] == without_seconds[1]
