"""From prepared records to a checkpoint: epochs, choice of the best, statistics, export."""

import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from engine.checkpoint import Checkpoint, save_checkpoint
from engine.errors import ConfigurationError
from engine.models.config import NetworkConfig
from engine.models.network import RestorationNetwork
from training.curves import Row
from training.dataset import Dataset, choose
from training.evaluation import auc
from training.export import export_onnx
from training.learner import Learner
from training.machine import Machine
from training.normality import fit_normality, fit_validation
from training.restoration import Restoration, run_network, tensors
from training.split import Split, fingerprint
from training.statefile import read_state, write_state

SAVE_EVERY_S: Final = 20.0
"""So much work a kill can cost; saving takes a few hundredths of a second."""


@dataclass(frozen=True, slots=True)
class TrainingConfig:
    """How long and how a network is trained."""

    epochs: int
    batch: int = 32
    seed: int = 0


@dataclass(slots=True)
class Standing:
    """How far a training is: with the learner's state, all that a resumed one needs."""

    epoch: int = 0
    losses: list[float] = field(default_factory=list)
    """Of the steps done in this epoch."""
    best_auc: float = float("nan")
    best: dict[str, Tensor] = field(default_factory=dict)
    """Weights of the best epoch."""
    seconds: float = 0.0


class Training:
    """A network on its way from random weights to those of its best epoch."""

    def __init__(
        self,
        data: Dataset,
        network: NetworkConfig,
        config: TrainingConfig,
        machine: Machine,
        save_every_s: float = SAVE_EVERY_S,
    ) -> None:
        self._data, self._split, self._config, self._machine = data, Split.of(data), config, machine
        self._rows = np.flatnonzero(self._split.restore)
        self._size = batch_size(config.batch, len(self._rows), machine.n_ranks)
        self._per_epoch = len(self._rows) // self._size
        torch.manual_seed(config.seed)
        self.network = RestorationNetwork(network)
        self._restoration = Restoration(self.network)
        self._learner = Learner(self._restoration, config.epochs * self._per_epoch, machine)
        self._standing = Standing()
        self._save_every_s = save_every_s
        self._signature = {
            "network": network.to_dict(),
            **asdict(config),
            "precision": machine.precision,
            "data": fingerprint(data),
        }

    def run(self, state_path: Path, resume: bool, report: Callable[[Row], None]) -> float:
        """Train to the end, from the state in `state_path` if there is one; gives the best validation AUC."""
        if resume:
            self._load(state_path)
        now = self._standing
        while now.epoch < self._config.epochs:
            self._learn(state_path, report)
            if self._machine.first:  # the others wait in their next step
                report(self._row(self._validate()))
            now.epoch, now.losses = now.epoch + 1, []
            self._save(state_path)
        if self._machine.first:
            self.network.load_state_dict(now.best)
        self.network.cpu()
        return now.best_auc

    def _learn(self, state_path: Path, report: Callable[[Row], None]) -> None:
        """Do the rest of the epoch; its last step is reported with the AUC."""
        now = self._standing
        saved = time.monotonic()
        started = saved - now.seconds
        for loss in self._steps():
            now.losses.append(loss)
            now.seconds = time.monotonic() - started
            if len(now.losses) < self._per_epoch:
                report(self._row())
                if time.monotonic() - saved > self._save_every_s:
                    self._save(state_path)
                    saved = time.monotonic()

    def _steps(self) -> Iterator[float]:
        """The rest of the epoch, in an order and with chances that depend on seed, epoch and step alone."""
        seed, epoch = self._config.seed, self._standing.epoch
        order = np.random.default_rng((seed, epoch)).permutation(self._rows)
        for step in range(len(self._standing.losses), self._per_epoch):
            rng = np.random.default_rng((seed, epoch, step))
            rows = order[step * self._size : (step + 1) * self._size]
            yield self._learner.step(self._batch(rows, rng))

    def _batch(self, rows: NDArray[Any], rng: np.random.Generator) -> list[Tensor]:
        """What this process takes of a batch: records, and what chance decides of each."""
        mine = self._machine.part(len(rows))
        torch.manual_seed(int(rng.integers(2**62)) + self._machine.rank)
        chances = self._restoration.draw(len(rows), rng)
        return [*tensors(choose(self._data.inputs, rows[mine])), *(one[mine] for one in chances)]

    def _validate(self) -> float:
        """AUC on the choice fold of the distance between latents; keeps the weights if it is the best."""
        rows = (np.flatnonzero(rows) for rows in (self._split.fit, self._split.choice))
        fit, choice = (run_network(self.network, choose(self._data.inputs, one)) for one in rows)
        value = auc(fit_validation(fit, choice), ~self._data.normal[self._split.choice])
        if not self._standing.best or value > self._standing.best_auc:
            self._standing.best_auc = value
            self._standing.best = {
                name: tensor.detach().cpu().clone() for name, tensor in self.network.state_dict().items()
            }
        return value

    def _row(self, validation_auc: float | None = None) -> Row:
        now, learner = self._standing, self._learner
        return Row(
            epoch=now.epoch + 1,
            step=learner.n_done,
            loss=now.losses[-1],
            validation_auc=validation_auc,
            learning_rate=learner.rate,
            seconds=now.seconds,
            epoch_loss=float(np.mean(now.losses)),
            n_steps=self._per_epoch * self._config.epochs,
        )

    def _save(self, path: Path) -> None:
        if self._machine.first:
            kept = {one.name: getattr(self._standing, one.name) for one in fields(Standing)}
            write_state(path, self._signature, {**kept, "learner": self._learner.state()})

    def _load(self, path: Path) -> None:
        state = read_state(path, self._signature)
        if state is not None:
            self._learner.load_state(state.pop("learner"))
            self._standing = Standing(**state)


def finish(network: RestorationNetwork, data: Dataset, training: dict[str, Any], out: Path) -> None:
    """Fit the statistics of normal ECG and write checkpoint and graph."""
    split = Split.of(data)
    normality = fit_normality(
        choose(data.inputs, np.flatnonzero(split.fit)),
        data.folds[split.fit],
        choose(data.inputs, np.flatnonzero(split.held_out)),
        lambda inputs: run_network(network, inputs),
        np.random.default_rng(training["seed"]),
    )
    weights = {name: tensor.numpy() for name, tensor in network.state_dict().items()}
    checkpoint = Checkpoint(network.config, weights, normality, training)
    sha256 = save_checkpoint(checkpoint, out / "mcr.safetensors")
    export_onnx(network, sha256, out / "mcr.onnx")


def batch_size(batch: int, n_records: int, n_ranks: int) -> int:
    """Records of one step, all processes together."""
    if batch % n_ranks:
        raise ConfigurationError(
            f"a batch of {batch} records cannot be shared equally by {n_ranks} processes: give --batch a "
            f"multiple of {n_ranks}, such as {-(-batch // n_ranks) * n_ranks}"
        )
    size = min(batch, n_records // n_ranks * n_ranks)
    if size == 0:
        raise ConfigurationError(
            f"{n_records} records in folds 1-7 cannot be shared by {n_ranks} processes: start fewer"
        )
    return size
