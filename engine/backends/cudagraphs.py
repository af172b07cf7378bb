"""The network's kernels, recorded once for each batch size and launched together."""

from dataclasses import dataclass
from typing import Any, Final

import torch
from torch import Tensor

from engine.backends.tensors import Run

WARM_UPS: Final = 3
"""Calls before a recording, in which libraries choose kernels and reserve memory."""


@dataclass(frozen=True, slots=True, eq=False)
class _Recorded:
    graph: torch.cuda.CUDAGraph
    inputs: tuple[Tensor, ...]
    outputs: tuple[Tensor, ...]


class CudaGraphs:
    """Calls a network through graphs, one for each power of two; smaller batches are padded to the next.

    Parameters
    ----------
    run : callable
        The network, tensors to tensors, all on the GPU; it must neither wait for the device nor branch on
        values.
    most : int
        Windows in one call that the network can take.
    """

    def __init__(self, run: Run, most: int) -> None:
        self._run = run
        self._most = most
        self._recorded: dict[int, _Recorded] = {}
        self._pool = torch.cuda.graph_pool_handle()

    def __call__(self, tensors: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
        """Outputs are overwritten by the next call, and longer than the batch where it was padded."""
        n = len(tensors[0])
        size = min(1 << (n - 1).bit_length(), self._most)
        recorded = self._recorded.get(size)
        if recorded is None:
            recorded = self._recorded[size] = self._record(tensors, size)
        for static, tensor in zip(recorded.inputs, tensors, strict=True):
            static[:n].copy_(tensor)
        recorded.graph.replay()
        return recorded.outputs

    def _record(self, tensors: tuple[Tensor, ...], size: int) -> _Recorded:
        inputs = tuple(tensor.new_zeros((size, *tensor.shape[1:])) for tensor in tensors)
        cuda: Any = torch.cuda  # parts of it are not typed
        side = cuda.Stream()
        side.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(side):
            for _ in range(WARM_UPS):
                self._run(inputs)
        torch.cuda.current_stream().wait_stream(side)
        graph = torch.cuda.CUDAGraph()
        # Other threads may use the device meanwhile: the backend that serves until this one is ready does.
        with torch.cuda.graph(graph, pool=self._pool, capture_error_mode="thread_local"):
            outputs = self._run(inputs)
        return _Recorded(graph, inputs, outputs)
