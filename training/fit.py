"""From prepared records to a checkpoint: epochs, choice of the best, statistics, export."""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch

from engine.arrays import Bools
from engine.checkpoint import Checkpoint, save_checkpoint
from engine.errors import ConfigurationError, ModelError
from engine.models.config import NetworkConfig
from engine.models.network import RestorationNetwork
from training.dataset import Dataset, choose
from training.evaluation import auc
from training.export import export_onnx
from training.normality import fit_normality, fit_validation
from training.restoration import Restoration, TrainingConfig, run_network

FIT_FOLDS: Final = range(1, 8)
CHOICE_FOLD: Final = 8
TEST_FOLD: Final = 9

Report = Callable[[int, float, float], None]
"""Called after an epoch with its number, mean loss and validation AUC."""
Advance = Callable[[], None]


@dataclass(frozen=True, slots=True, eq=False)
class Split:
    """Rows of a data set by what they are for."""

    restore: Bools
    """All records of the folds to fit: restoration needs no labels."""
    fit: Bools
    """The normal ones among them: statistics of normal ECG."""
    choice: Bools
    """Records that choose the epoch."""
    held_out: Bools
    """The normal ones among them: scales and threshold."""

    @classmethod
    def of(cls, data: Dataset) -> "Split":
        """Split by fold; refuses a data set that lacks a part."""
        restore, choice = np.isin(data.folds, FIT_FOLDS), data.folds == CHOICE_FOLD
        split = cls(restore, restore & data.normal, choice, choice & data.normal)
        for what, rows in (("folds 1-7", split.fit), (f"fold {CHOICE_FOLD}", split.held_out)):
            if rows.sum() < 5:
                raise ConfigurationError(
                    f"only {rows.sum()} normal records in {what}, at least 5 are needed: use more of PTB-XL"
                )
        return split


def train_network(
    data: Dataset,
    network_config: NetworkConfig,
    config: TrainingConfig,
    state_path: Path,
    resume: bool,
    report: Report,
    advance: Advance,
) -> tuple[RestorationNetwork, float]:
    """Train, epoch by epoch, each kept in `state_path`; gives the network of the best epoch and its AUC."""
    split = Split.of(data)
    torch.manual_seed(config.seed)
    network = RestorationNetwork(network_config)
    rows = np.flatnonzero(split.restore)
    restoration = Restoration(network, config, len(rows))
    signature = {"network": network_config.to_dict(), "training": asdict(config), "n": len(rows)}
    progress: dict[str, Any] = {"epoch": 0, "best_auc": -1.0, "best": network.state_dict(), "history": []}
    if resume and state_path.is_file():
        progress = _load_state(state_path, signature)
        restoration.load_state(progress["restoration"])
        for epoch, (loss, value) in enumerate(progress["history"]):
            report(epoch, loss, value)
    for epoch in range(progress["epoch"], config.epochs):
        losses = []
        for loss in restoration.epoch(data.inputs, rows, epoch):
            losses.append(loss)
            advance()
        value = _validation_auc(network, data, split)
        if value > progress["best_auc"]:
            best = {name: tensor.clone() for name, tensor in network.state_dict().items()}
            progress |= {"best_auc": value, "best": best}
        progress |= {"epoch": epoch + 1, "history": [*progress["history"], (float(np.mean(losses)), value)]}
        _save_state(state_path, {**progress, "restoration": restoration.state(), "signature": signature})
        report(epoch, float(np.mean(losses)), value)
    network.load_state_dict(progress["best"])
    return network, float(progress["best_auc"])


def finish(network: RestorationNetwork, data: Dataset, training: dict[str, Any], out: Path) -> None:
    """Fit the statistics of normal ECG and write checkpoint and graph."""
    split = Split.of(data)
    normality = fit_normality(
        choose(data.inputs, np.flatnonzero(split.fit)),
        choose(data.inputs, np.flatnonzero(split.held_out)),
        lambda inputs: run_network(network, inputs),
        np.random.default_rng(training["seed"]),
    )
    weights = {name: tensor.numpy() for name, tensor in network.state_dict().items()}
    checkpoint = Checkpoint(network.config, weights, normality, training)
    sha256 = save_checkpoint(checkpoint, out / "mcr.safetensors")
    export_onnx(network, sha256, out / "mcr.onnx")


def _validation_auc(network: RestorationNetwork, data: Dataset, split: Split) -> float:
    """AUC on the choice fold of the distance between latents."""
    fit, choice = (choose(data.inputs, np.flatnonzero(rows)) for rows in (split.fit, split.choice))
    distance = fit_validation(run_network(network, fit), run_network(network, choice))
    return auc(distance, ~data.normal[split.choice])


def _save_state(path: Path, state: dict[str, Any]) -> None:
    """Write whole or not at all: a kill at any moment leaves the epoch before."""
    unfinished = path.with_suffix(".part")
    torch.save(state, unfinished)
    unfinished.replace(path)


def _load_state(path: Path, signature: dict[str, Any]) -> dict[str, Any]:
    try:
        state: dict[str, Any] = torch.load(path, weights_only=True)
    except Exception as error:  # torch raises whatever its unpickler met
        raise ModelError(
            f"{path} is no training state ({type(error).__name__}): delete it and train without --resume"
        ) from error
    if state["signature"] != signature:
        raise ConfigurationError(
            f"{path} belongs to another training ({state['signature']}, asked for {signature}): give the "
            "same options and data, or train without --resume"
        )
    return state
