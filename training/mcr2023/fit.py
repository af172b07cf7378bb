"""Epochs of the published procedure: normal records, a batch masked alike; fold 8 chooses the epoch."""

from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from math import cos, pi
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from engine.arrays import F32, F64
from engine.errors import ConfigurationError, ModelError
from engine.models.mcr2023.config import Mcr2023Config
from engine.models.mcr2023.inputs import PublishedInput
from engine.models.mcr2023.masks import N_PASSES, scoring_masks, training_masks
from engine.models.mcr2023.network import PublishedNetwork
from engine.models.mcr2023.passes import weighted_errors
from engine.models.mcr2023.trend import trend_of
from training.evaluation import auc
from training.mcr2023.dataset import PublishedDataset
from training.statefile import read_state, write_state

LEARNING_RATE: Final = 1e-4
WEIGHT_DECAY: Final = 1e-5
_VALIDATION_BATCH: Final = 8


@dataclass(frozen=True, slots=True)
class PublishedTraining:
    """How long and how the network is trained; optimizer, rate and batch are the published ones."""

    epochs: int = 20
    batch: int = 32
    seed: int = 0
    precision: str = "bf16"
    """Of the convolutions, "bf16" (mixed, weights stay float32: 2.5 times faster) or "fp32"."""


Report = Callable[[int, float, float], None]
"""Called after an epoch with its number, mean loss and AUC on fold 8."""
Advance = Callable[[], None]


def fit_published(
    data: PublishedDataset,
    network_config: Mcr2023Config,
    config: PublishedTraining,
    state_path: Path,
    resume: bool,
    report: Report,
    advance: Advance,
) -> tuple[PublishedNetwork, list[tuple[float, float]]]:
    """Train, epoch by epoch, each kept in `state_path`; gives the network of the best epoch, and loss and AUC
    on fold 8 of every epoch.
    """
    _check(data)
    torch.manual_seed(config.seed)
    network = PublishedNetwork(network_config)
    optimizer = torch.optim.AdamW(network.parameters(), LEARNING_RATE, weight_decay=WEIGHT_DECAY)
    signature = {"network": network_config.to_dict(), **asdict(config), "n": len(data.fit_rows)}
    history: list[tuple[float, float]] = []
    best = _copy(network)
    if resume and (state := read_state(state_path, signature)):
        network.load_state_dict(state["network"])
        optimizer.load_state_dict(state["optimizer"])
        best, history = state["best"], [(loss, value) for loss, value in state["history"]]
        for epoch, (loss, value) in enumerate(history):
            report(epoch, loss, value)
    for epoch in range(len(history), config.epochs):
        losses = []
        for loss in _epoch(network, optimizer, data, config, epoch):
            losses.append(loss)
            advance()
        value = validation_auc(network, data, config.precision)
        if value > max((old for _, old in history), default=-1.0):
            best = _copy(network)
        history.append((float(np.mean(losses)), value))
        state = {"network": network.state_dict(), "optimizer": optimizer.state_dict()}
        write_state(state_path, signature, {**state, "best": best, "history": history})
        report(epoch, *history[-1])
    network.load_state_dict(best)
    return network.eval(), history


def _epoch(
    network: PublishedNetwork,
    optimizer: torch.optim.Optimizer,
    data: PublishedDataset,
    config: PublishedTraining,
    epoch: int,
) -> Iterator[float]:
    """One pass over the normal records in an order that depends on seed and epoch alone; gives the loss of
    each step.
    """
    rng = np.random.default_rng((config.seed, epoch))
    torch.manual_seed(int(rng.integers(2**62)))  # of dropout
    # The published cosine counts epochs from 1, so that its last one learns nothing; here it counts from 0.
    for group in optimizer.param_groups:
        group["lr"] = LEARNING_RATE * 0.5 * (1 + cos(pi * epoch / config.epochs))
    network.train()
    order = rng.permutation(data.fit_rows)
    for start in range(0, len(order), config.batch):
        chosen = [data.inputs[row] for row in order[start : start + config.batch]]
        with _autocast(config.precision):
            loss = loss_of(network, chosen, rng)
        if not torch.isfinite(loss):
            raise ModelError(f"the loss is {float(loss)} in epoch {epoch + 1}: train with precision fp32")
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        yield float(loss.detach())


def loss_of(network: PublishedNetwork, chosen: list[PublishedInput], rng: np.random.Generator) -> Tensor:
    """The published loss: of all samples, hidden or not, of windows, of one beat of each, and of the trend
    path.
    """
    window = _stacked([one.window for one in chosen])
    beat = _stacked([one.beat(int(rng.integers(len(one.r_peaks)))) for one in chosen])
    window_hidden, beat_hidden = (torch.from_numpy(mask) for mask in training_masks(rng))
    passes = network(window * ~window_hidden, beat * ~beat_hidden, trend_of(window))
    window_error, beat_error, trend_error = weighted_errors(passes, window, beat)
    stated = passes.window_log_var.float().mean() + passes.beat_log_var.float().mean()
    loss: Tensor = window_error.mean() + beat_error.mean() + trend_error.mean() + stated
    return loss


def validation_auc(network: PublishedNetwork, data: PublishedDataset, precision: str) -> float:
    """AUC on fold 8 of a short form of the score: one pass for each mask, each with another beat."""
    rows = data.choice_rows
    network.eval()
    scores = np.concatenate(
        [
            _short_scores(
                network, [data.inputs[row] for row in rows[start : start + _VALIDATION_BATCH]], precision
            )
            for start in range(0, len(rows), _VALIDATION_BATCH)
        ]
    )
    return auc(scores, ~data.normal[rows])


def _short_scores(network: PublishedNetwork, chosen: list[PublishedInput], precision: str) -> F64:
    """(n,) mean error over `N_PASSES` passes of each window, of every sample."""
    window_hidden, beat_hidden = (torch.from_numpy(mask)[:, None] for mask in scoring_masks())
    n = len(chosen)
    window = _stacked([one.window for one in chosen])
    beats = _stacked(
        [
            one.beat((2 * j + 1) * len(one.r_peaks) // (2 * N_PASSES))
            for one in chosen
            for j in range(N_PASSES)
        ]
    )
    windows, hidden = window.repeat_interleave(N_PASSES, dim=0), window_hidden.repeat(n, 1, 1)
    with torch.no_grad(), _autocast(precision):
        trends = network.trend_encoder(trend_of(window)).repeat_interleave(N_PASSES, dim=0)
        beat_latents = network.beat_encoder(beats * ~beat_hidden.repeat(n, 1, 1))
        passes = network.restore(network.window_encoder(windows * ~hidden), beat_latents, trends)
        parts = [error.mean(dim=(1, 2)) for error in weighted_errors(passes, windows, beats)]
        errors = torch.stack(parts).double().sum(dim=0)
    return errors.reshape(n, N_PASSES).mean(dim=1).numpy()


def _autocast(precision: str) -> torch.autocast:
    return torch.autocast("cpu", torch.bfloat16, enabled=precision == "bf16")


def _stacked(arrays: list[F32]) -> Tensor:
    return torch.from_numpy(np.stack(arrays))


def _copy(network: PublishedNetwork) -> dict[str, Any]:
    return {name: tensor.clone() for name, tensor in network.state_dict().items()}


def _check(data: PublishedDataset) -> None:
    normal: NDArray[Any] = data.normal[data.choice_rows]
    if min(len(data.fit_rows), normal.sum()) < 5 or normal.all():
        raise ConfigurationError(
            f"only {len(data.fit_rows)} normal records in folds 1-7, and in fold 8 {normal.sum()} normal and "
            f"{(~normal).sum()} others (at least 5 normal ones are needed, and one other): use more of PTB-XL"
        )
