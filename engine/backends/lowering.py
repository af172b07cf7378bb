"""Convolutions and matrix products of a parsed network in 16 bits, whatever their names."""

from typing import Any

import numpy as np
from numpy.typing import NDArray


def lower_products(trt: Any, network: Any, low: Any) -> list[Any]:
    """Cast the operands of every product to `low` and its result back to float32.

    All else, sums of many terms and exponentials above all, stays in float32.

    Parameters
    ----------
    trt : module
        TensorRT or TensorRT-RTX.
    network : INetworkDefinition
        Strongly typed: a layer computes in the type of its operands.
    low : DataType
        HALF or BF16.

    Returns
    -------
    list
        One item for each product: what must be kept until the engine is built.
    """
    layers = [network.get_layer(i) for i in range(network.num_layers)]
    readers: dict[str, list[tuple[Any, int]]] = {}
    for layer in layers:
        for i, tensor in _operands(layer):
            readers.setdefault(tensor.name, []).append((layer, i))
    kept: list[Any] = []
    for layer in layers:
        if layer.type not in (trt.LayerType.CONVOLUTION, trt.LayerType.MATRIX_MULTIPLY):
            continue
        if layer.get_output(0).dtype != trt.DataType.FLOAT:
            continue
        kept.append(_lower_weights(trt, layer, low))
        for i, tensor in _operands(layer):
            layer.set_input(i, network.add_cast(tensor, low).get_output(0))
        _raise_result(trt, network, layer, readers)
    return kept


def _raise_result(trt: Any, network: Any, layer: Any, readers: dict[str, list[tuple[Any, int]]]) -> None:
    result = layer.get_output(0)
    full = network.add_cast(result, trt.DataType.FLOAT).get_output(0)
    for reader, i in readers.get(result.name, []):
        reader.set_input(i, full)
    if result.is_network_output:
        name = result.name
        network.unmark_output(result)
        result.name, full.name = f"{name} low", name
        network.mark_output(full)


def _lower_weights(trt: Any, layer: Any, low: Any) -> list[NDArray[Any]]:
    """Replace the kernel and bias of a convolution; a matrix product has none of its own."""
    kept: list[NDArray[Any]] = []
    if layer.type != trt.LayerType.CONVOLUTION:
        return kept
    layer.__class__ = trt.IConvolutionLayer  # the binding's way to see a layer as what it is
    for part in ("kernel", "bias"):
        full = np.asarray(getattr(layer, part), np.float32)
        if full.size == 0:
            continue
        words = full.astype(np.float16) if low == trt.DataType.HALF else to_bfloat16(full)
        kept.append(words)
        setattr(layer, part, trt.Weights(low, words.ctypes.data, words.size))
    return kept


def to_bfloat16(x: NDArray[np.float32]) -> NDArray[np.uint16]:
    """The nearest bfloat16 of finite numbers, ties to even, as 16-bit words."""
    bits = np.ascontiguousarray(x, np.float32).view(np.uint32)
    return ((bits + 0x7FFF + ((bits >> 16) & 1)) >> 16).astype(np.uint16)


def _operands(layer: Any) -> list[tuple[int, Any]]:
    found = ((i, layer.get_input(i)) for i in range(layer.num_inputs))
    return [(i, tensor) for i, tensor in found if tensor is not None]
