"""Between the arrays of a batch and the tensors of a device; a batch may go in parts."""

from collections.abc import Callable
from typing import Final

import torch
from torch import Tensor

from engine.backends.backend import INPUTS, NetworkOutputs, joined
from engine.preprocess import ModelInput

LEAST_PART: Final = 16
"""A device without room for so few windows has none for the model."""

Run = Callable[[tuple[Tensor, ...]], tuple[Tensor, ...]]


def to_tensors(batch: ModelInput, device: str, start: int, stop: int) -> tuple[Tensor, ...]:
    """The network's inputs, some windows of them, on the device."""
    # Copied, because a batch's arrays are read-only and a tensor cannot be.
    return tuple(torch.from_numpy(getattr(batch, name)[start:stop].copy()).to(device) for name in INPUTS)


def to_outputs(tensors: tuple[Tensor, ...], n: int) -> NetworkOutputs:
    """The first `n` windows of what the network gave; waits for the device."""
    return NetworkOutputs(*(tensor[:n].float().cpu().numpy() for tensor in tensors))


class InParts:
    """Calls the network with at most so many windows at a time.

    Parameters
    ----------
    run : callable
        The network, tensors to tensors, all on `device`.
    device : str
        "cpu" or "cuda".
    most : int
        Windows in one call.
    yields : bool
        Halve the parts when the device runs out of memory, instead of failing.
    """

    def __init__(self, run: Run, device: str, most: int, yields: bool = False) -> None:
        self._run = run
        self._device = device
        self._most = most
        self._yields = yields

    def __call__(self, batch: ModelInput) -> NetworkOutputs:
        """All windows of the batch."""
        n, start = len(batch.signal), 0
        parts: list[NetworkOutputs] = []
        while start < n:
            stop = min(n, start + self._most)
            try:
                parts.append(self._part(batch, start, stop))
            except torch.OutOfMemoryError:
                if not self._yields or stop - start <= LEAST_PART:
                    raise
                self._most = max(LEAST_PART, (stop - start) // 2)
                torch.cuda.empty_cache()
            else:
                start = stop
        return joined(parts)

    def _part(self, batch: ModelInput, start: int, stop: int) -> NetworkOutputs:
        with torch.no_grad():
            return to_outputs(self._run(to_tensors(batch, self._device, start, stop)), stop - start)
