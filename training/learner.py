"""One step after another: gradients, mixed precision, several processes, the learning rate's course."""

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.parallel import DistributedDataParallel

from engine.errors import ConfigurationError, ModelError
from training.machine import Machine

LEARNING_RATE: Final = 2e-3
WEIGHT_DECAY: Final = 1e-2
WARM_UP: Final = 0.1
CLIP_NORM: Final = 1.0


class Learner:
    """Lowers the loss that a module's `forward` gives; all that a resumed training needs is in `state`."""

    def __init__(self, module: nn.Module, n_steps: int, machine: Machine) -> None:
        self._module = module.to(machine.device)
        self._loss = DistributedDataParallel(module, static_graph=True) if machine.n_ranks > 1 else module
        self._optimizer = torch.optim.AdamW(module.parameters(), LEARNING_RATE, weight_decay=WEIGHT_DECAY)
        self._scaler = torch.amp.GradScaler(machine.device.type, enabled=machine.precision == "fp16")
        self._machine = machine
        self._n_steps = n_steps
        self.n_done = 0
        self.rate = 0.0
        """Learning rate of the last step."""

    def state(self) -> dict[str, Any]:
        """Everything but the data."""
        return {
            "module": self._module.state_dict(),
            "optimizer": self._optimizer.state_dict(),
            "scaler": self._scaler.state_dict(),
            "n_done": self.n_done,
        }

    def load_state(self, state: dict[str, Any]) -> None:
        """Continue where `state` was taken."""
        self._module.load_state_dict(state["module"])
        self._optimizer.load_state_dict(state["optimizer"])
        self._scaler.load_state_dict(state["scaler"])
        self.n_done = state["n_done"]

    def step(self, batch: Sequence[Tensor]) -> float:
        """Learn from this process's part of a batch; gives the loss of the whole batch."""
        try:
            loss = self._step([one.to(self._machine.device) for one in batch])
        except RuntimeError as error:
            if self._machine.n_ranks > 1 and _is_of_the_network(error):
                raise ConfigurationError(
                    f"process {self._machine.rank} lost another process of this training at step "
                    f"{self.n_done + 1}: see what that one says, then go on with --resume"
                ) from error
            raise
        if not np.isfinite(loss):
            raise ModelError(
                f"the loss is {loss} at step {self.n_done + 1}: try --precision fp32, or look for absurd "
                "amplitudes in the data"
            )
        self.n_done += 1
        return loss

    def _step(self, batch: Sequence[Tensor]) -> float:
        self.rate = LEARNING_RATE * _share(self.n_done / self._n_steps)
        for group in self._optimizer.param_groups:
            group["lr"] = self.rate
        self._loss.train()
        with self._machine.autocast():
            loss = self._loss(*batch)
        self._optimizer.zero_grad()
        self._scaler.scale(loss).backward()
        self._scaler.unscale_(self._optimizer)
        torch.nn.utils.clip_grad_norm_(self._module.parameters(), CLIP_NORM)
        self._scaler.step(self._optimizer)
        self._scaler.update()
        return self._machine.mean(loss)


def _share(progress: float) -> float:
    """Share of the learning rate: linear warm-up, then half a cosine."""
    if progress < WARM_UP:
        return progress / WARM_UP + 1e-3
    return float(0.5 + 0.5 * np.cos(np.pi * (progress - WARM_UP) / (1 - WARM_UP))) + 1e-3


def _is_of_the_network(error: RuntimeError) -> bool:
    return isinstance(error, torch.distributed.DistError) or "gloo" in str(error).lower()
