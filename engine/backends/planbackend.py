"""A TensorRT or TensorRT-RTX engine behind the interface; torch only lends device memory and a stream."""

from dataclasses import fields
from typing import Any, Final

import torch
from torch import Tensor

from engine.backends.backend import INPUTS, NetworkOutputs
from engine.backends.tensors import InParts
from engine.backends.trtlibrary import Library
from engine.errors import ModelError
from engine.preprocess import ModelInput

OUTPUTS: Final = tuple(field.name for field in fields(NetworkOutputs))


class PlanBackend:
    """Runs a serialized engine.

    Parameters
    ----------
    library : Library
        The one that built it.
    plan : bytes
        The engine.
    name : str
        What the backend is called.
    most : int
        Windows in one call that it was built for.

    Raises
    ------
    ModelError
        If the library refuses the engine here, or the engine is not of our network.
    """

    def __init__(self, library: Library, plan: bytes, name: str, most: int) -> None:
        self.name = name
        self._library = library
        trt, logger = library.module, library.logger()
        self._runtime = trt.Runtime(logger)
        self._engine = self._runtime.deserialize_cuda_engine(plan)
        if self._engine is None:
            raise ModelError(f"{library.name} refuses the engine on this machine: {library.complaint()}")
        self._context = self._engine.create_execution_context()
        if self._context is None:
            raise ModelError(f"{library.name} has no room to run the engine: {library.complaint()}")
        self._inputs, self._outputs = _ports(trt, self._engine)
        cuda: Any = torch.cuda  # parts of it are not typed
        self._stream = cuda.Stream()
        self._in_parts = InParts(self._call, "cuda", most)

    def run(self, batch: ModelInput) -> NetworkOutputs:
        """Score a batch."""
        return self._in_parts(batch)

    def inspect(self) -> dict[str, Any]:
        """Ports, shapes, types and profile as the engine itself states them."""
        engine = self._engine
        return {
            "layers": engine.num_layers,
            "profiles": engine.num_optimization_profiles,
            "inputs": {
                name: [tuple(shape) for shape in engine.get_tensor_profile_shape(name, 0)]
                for name in self._inputs
            },
            "outputs": {name: tuple(engine.get_tensor_shape(name)) for name in self._outputs},
        }

    def _call(self, tensors: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
        self._stream.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(self._stream):
            # Kept until the stream is done: the engine is given addresses, not tensors.
            given = [self._give(name, tensor) for name, tensor in zip(self._inputs, tensors, strict=True)]
            results = tuple(self._receive(name) for name in self._outputs)
            started = self._context.execute_async_v3(self._stream.cuda_stream)
        self._stream.synchronize()
        del given
        if not started:
            raise ModelError(f"{self._library.name} cannot run the engine: {self._library.complaint()}")
        return results

    def _give(self, name: str, tensor: Tensor) -> Tensor:
        wanted = _torch_type(self._library.module, self._engine.get_tensor_dtype(name))
        tensor = tensor.to(wanted).contiguous()
        if not self._context.set_input_shape(name, tuple(tensor.shape)):
            raise ModelError(
                f"{self._library.name} refuses {name} of shape {tuple(tensor.shape)}: "
                f"{self._library.complaint()}"
            )
        self._context.set_tensor_address(name, tensor.data_ptr())
        return tensor

    def _receive(self, name: str) -> Tensor:
        dtype = _torch_type(self._library.module, self._engine.get_tensor_dtype(name))
        result = torch.empty(tuple(self._context.get_tensor_shape(name)), dtype=dtype, device="cuda")
        self._context.set_tensor_address(name, result.data_ptr())
        return result


def _ports(trt: Any, engine: Any) -> tuple[list[str], list[str]]:
    """In the network's order: by name; outputs without our names as the front end made them."""
    names = [engine.get_tensor_name(i) for i in range(engine.num_io_tensors)]
    inputs = [name for name in names if engine.get_tensor_mode(name) == trt.TensorIOMode.INPUT]
    outputs = [name for name in names if name not in inputs]
    if sorted(inputs) != sorted(INPUTS) or len(outputs) != len(OUTPUTS):
        raise ModelError(
            f"the engine is not of this network: inputs {inputs}, outputs {outputs}, expected inputs "
            f"{list(INPUTS)}; `ecg-monitor engine build` makes another"
        )
    return list(INPUTS), list(OUTPUTS) if sorted(outputs) == sorted(OUTPUTS) else outputs


def _torch_type(trt: Any, dtype: Any) -> torch.dtype:
    kinds = trt.DataType
    return {
        kinds.FLOAT: torch.float32,
        kinds.HALF: torch.float16,
        kinds.BF16: torch.bfloat16,
        kinds.INT32: torch.int32,
        kinds.INT64: torch.int64,
    }[dtype]
