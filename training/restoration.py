"""Training the network: restore what was hidden, from whatever leads are there."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from engine.backends.backend import INPUTS, NetworkOutputs
from engine.leads import N_LEADS
from engine.models.network import RestorationNetwork, Restored, compress
from engine.preprocess import ModelInput
from training.dataset import choose

LEARNING_RATE: Final = 2e-3
WEIGHT_DECAY: Final = 1e-2
WARM_UP: Final = 0.1
DROP_LEADS: Final = 0.5
"""Share of training windows that lose leads: one to eleven of them, any."""
CLIP_NORM: Final = 1.0


@dataclass(frozen=True, slots=True)
class TrainingConfig:
    """How long and how a network is trained."""

    epochs: int = 12
    batch: int = 32
    seed: int = 0


class Restoration:
    """The network with its optimizer; everything a resumed training needs is in `state`."""

    def __init__(self, network: RestorationNetwork, config: TrainingConfig, n_records: int) -> None:
        self.network = network
        self._config = config
        self._optimizer = torch.optim.AdamW(network.parameters(), LEARNING_RATE, weight_decay=WEIGHT_DECAY)
        self._steps = config.epochs * max(1, n_records // config.batch)
        self._done = 0

    def state(self) -> dict[str, Any]:
        """Everything but the data."""
        return {
            "network": self.network.state_dict(),
            "optimizer": self._optimizer.state_dict(),
            "done": self._done,
        }

    def load_state(self, state: dict[str, Any]) -> None:
        """Continue where `state` was taken."""
        self.network.load_state_dict(state["network"])
        self._optimizer.load_state_dict(state["optimizer"])
        self._done = state["done"]

    def epoch(self, inputs: ModelInput, rows: NDArray[Any], epoch: int) -> Iterator[float]:
        """One pass over `rows` in an order that depends on seed and epoch alone; gives the loss of each
        step.
        """
        rng = np.random.default_rng((self._config.seed, epoch))
        order = rng.permutation(rows)
        self.network.train()
        size = min(self._config.batch, len(order))
        for start in range(0, len(order) - size + 1, size):
            yield self._step(choose(inputs, order[start : start + size]), rng)

    def _step(self, batch: ModelInput, rng: np.random.Generator) -> float:
        for group in self._optimizer.param_groups:
            group["lr"] = LEARNING_RATE * _rate(self._done / self._steps)
        loss = self._loss(batch, rng)
        self._optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(self.network.parameters(), CLIP_NORM)
        self._optimizer.step()
        self._done += 1
        return float(loss.detach())

    def _loss(self, batch: ModelInput, rng: np.random.Generator) -> Tensor:
        signal, valid, beats, beats_valid, starts = tensors(batch)
        n = len(signal)
        keep = torch.from_numpy(_kept_leads(n, rng))
        valid, beats_valid = valid * keep[:, :, None], beats_valid * keep[:, None, :, None]
        masks = self.network.config.n_masks
        offset = torch.from_numpy(rng.integers(0, masks * self.network.config.mask_n, (n, 1)))
        hidden, beats_hidden = self.network.masks(starts, offset)
        rows, which = torch.arange(n), torch.from_numpy(rng.integers(0, masks, n))
        hidden, beats_hidden = hidden[rows, which][:, None], beats_hidden[rows, which][:, :, None]
        u, beats_u = compress(signal), compress(beats)
        window, beat, _ = self.network.restore(u, valid, hidden, beats_u, beats_valid, beats_hidden)
        return surprise(u, window, valid * hidden) + surprise(beats_u, beat, beats_valid * beats_hidden)


def surprise(u: Tensor, restored: Restored, weight: Tensor) -> Tensor:
    """Mean negative log likelihood of hidden samples under the stated mean and uncertainty."""
    each = 0.5 * ((u - restored.mean) ** 2 * torch.exp(-restored.log_var) + restored.log_var)
    return (each * weight).sum() / weight.sum().clamp(min=1)


def run_network(network: RestorationNetwork, inputs: ModelInput, size: int = 64) -> NetworkOutputs:
    """Outputs for any number of windows, some at a time."""
    network.eval()
    pieces = []
    with torch.no_grad():
        for start in range(0, len(inputs.signal), size):
            batch = choose(inputs, np.arange(start, min(start + size, len(inputs.signal))))
            pieces.append(network(*tensors(batch)))
    return NetworkOutputs(*(torch.cat(parts).numpy() for parts in zip(*pieces, strict=True)))


def tensors(batch: ModelInput) -> tuple[Tensor, ...]:
    """What the network takes of stacked inputs."""
    return tuple(torch.from_numpy(np.array(getattr(batch, name))) for name in INPUTS)


def _rate(progress: float) -> float:
    """Share of the learning rate: linear warm-up, then half a cosine."""
    if progress < WARM_UP:
        return progress / WARM_UP + 1e-3
    return float(0.5 + 0.5 * np.cos(np.pi * (progress - WARM_UP) / (1 - WARM_UP))) + 1e-3


def _kept_leads(n: int, rng: np.random.Generator) -> NDArray[np.float32]:
    keep = np.ones((n, N_LEADS), np.float32)
    for row in keep:
        if rng.random() < DROP_LEADS:
            row[rng.permutation(N_LEADS)[: rng.integers(1, N_LEADS)]] = 0
    return keep
