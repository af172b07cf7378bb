"""The network as a graph for compilers: dynamic batch, plain outputs, products in a chosen precision."""

from collections.abc import Callable
from typing import Any, Final

import torch
from torch import Tensor, nn
from torch.export import Dim, ExportedProgram
from torch.overrides import TorchFunctionMode

from engine.backends.eager import load_network
from engine.checkpoint import Checkpoint
from engine.models.inference.network import InferenceNetwork
from engine.models.network import example_batch

LOW: Final = {"fp16": torch.float16, "bf16": torch.bfloat16}
_PRODUCTS: Final = frozenset({"conv1d", "conv2d", "linear", "matmul", "__matmul__", "bmm", "einsum"})


class LowProducts(TorchFunctionMode):
    """While it is on, convolutions and matrix products take 16-bit operands and give float32."""

    def __init__(self, low: torch.dtype) -> None:
        super().__init__()
        self._low = low

    def __torch_function__(
        self,
        func: Callable[..., Any],
        types: Any,
        args: tuple[Any, ...] = (),
        kwargs: dict[str, Any] | None = None,
    ) -> Any:
        """Intercept one torch function."""
        kwargs = kwargs or {}
        if getattr(func, "__name__", "") not in _PRODUCTS:
            return func(*args, **kwargs)
        lowered = {key: self._lower(value) for key, value in kwargs.items()}
        return func(*map(self._lower, args), **lowered).to(torch.float32)

    def _lower(self, value: Any) -> Any:
        is_full = isinstance(value, Tensor) and value.dtype == torch.float32
        return value.to(self._low) if is_full else value


class Plain(nn.Module):
    """The inference form of the network with a tuple for its outputs, and its precision."""

    def __init__(self, checkpoint: Checkpoint, precision: str = "fp32") -> None:
        super().__init__()
        self.network = InferenceNetwork(load_network(checkpoint))
        self._low = LOW.get(precision)

    def forward(
        self, signal: Tensor, valid: Tensor, beats: Tensor, beats_valid: Tensor, beat_starts: Tensor
    ) -> tuple[Tensor, ...]:
        """See `engine.models.inference.network.InferenceNetwork.forward`."""
        if self._low is None:
            return tuple(self.network(signal, valid, beats, beats_valid, beat_starts))
        with LowProducts(self._low):
            return tuple(self.network(signal, valid, beats, beats_valid, beat_starts))


def export_program(checkpoint: Checkpoint, precision: str, device: str, most: int) -> ExportedProgram:
    """Trace the network for 1 to `most` windows a call."""
    example = tuple(tensor.to(device) for tensor in example_batch(2))
    n = Dim("n", min=1, max=most)
    network = Plain(checkpoint, precision).eval().to(device)
    with torch.no_grad():
        return torch.export.export(network, example, dynamic_shapes=[{0: n} for _ in example])
