"""TensorRT-RTX engines ahead of time, from the exported graph; this needs no GPU."""

from collections import Counter
from dataclasses import asdict, dataclass
from typing import Any, Final

from engine.backends.enginekey import Batches
from engine.backends.lowering import lower_products
from engine.backends.trtlibrary import Library
from engine.errors import ModelError

Shape = tuple[int, ...]
_LOW: Final = {"fp16": "HALF", "bf16": "BF16"}


@dataclass(frozen=True, slots=True)
class Port:
    """One input or output of an engine."""

    name: str
    dtype: str
    shape: Shape
    """-1 where the batch goes."""
    profile: tuple[Shape, Shape, Shape] | None = None
    """Least, usual and largest shape; inputs only."""


@dataclass(frozen=True, slots=True)
class Inspection:
    """What an engine consists of, as its builder was given it."""

    inputs: tuple[Port, ...]
    outputs: tuple[Port, ...]
    layers: dict[str, int]
    """Kind of layer -> how many."""
    n_lowered: int
    """Convolutions and matrix products in less than float32."""

    def to_dict(self) -> dict[str, Any]:
        """Plain values, for JSON."""
        return asdict(self)


def build_rtx(library: Library, graph: bytes, precision: str, batches: Batches) -> tuple[bytes, Inspection]:
    """Compile an exported graph.

    Parameters
    ----------
    library : Library
        TensorRT-RTX.
    graph : bytes
        ONNX, its first dimension the batch.
    precision : str
        One of `engine.backends.precisions.PRECISIONS`.
    batches : Batches
        The one optimization profile.

    Returns
    -------
    bytes
        The engine; it runs on any GPU that the library supports, kernels are finished there.
    Inspection
        What it consists of.

    Raises
    ------
    ModelError
        If the graph cannot be compiled; the message holds the library's reason.
    """
    trt, logger = library.module, library.logger()
    builder = trt.Builder(logger)
    network = builder.create_network(1 << int(trt.NetworkDefinitionCreationFlag.STRONGLY_TYPED))
    parser = trt.OnnxParser(network, logger)
    if not parser.parse(graph):
        errors = [parser.get_error(i) for i in range(parser.num_errors)]
        reasons = "; ".join(f"{error.node_operator()} {error.desc()}".strip() for error in errors)
        raise ModelError(f"{library.name} cannot compile the graph: {reasons or library.complaint()}")
    layers = _layers(network)
    # What holds lowered weights must outlive the build: the library only points at them.
    kept = lower_products(trt, network, getattr(trt.DataType, _LOW[precision])) if precision in _LOW else []
    config = builder.create_builder_config()
    config.profiling_verbosity = trt.ProfilingVerbosity.DETAILED
    _set_flag(config, trt.BuilderFlag.TF32, precision == "tf32")
    profile = _profile(builder, network, batches)
    config.add_optimization_profile(profile)
    plan = builder.build_serialized_network(network, config)
    if plan is None:
        raise ModelError(f"{library.name} cannot build an engine in {precision}: {library.complaint()}")
    return bytes(plan), _inspect(network, layers, profile, len(kept))


def _set_flag(config: Any, flag: Any, on: bool) -> None:
    (config.set_flag if on else config.clear_flag)(flag)


def _profile(builder: Any, network: Any, batches: Batches) -> Any:
    profile = builder.create_optimization_profile()
    for i in range(network.num_inputs):
        tensor = network.get_input(i)
        rest = tuple(tensor.shape)[1:]
        profile.set_shape(tensor.name, (batches.least, *rest), (batches.usual, *rest), (batches.most, *rest))
    return profile


def _layers(network: Any) -> dict[str, int]:
    kinds = Counter(network.get_layer(i).type.name for i in range(network.num_layers))
    return dict(sorted(kinds.items()))


def _inspect(network: Any, layers: dict[str, int], profile: Any, n_lowered: int) -> Inspection:
    inputs = [network.get_input(i) for i in range(network.num_inputs)]
    outputs = [network.get_output(i) for i in range(network.num_outputs)]
    return Inspection(
        tuple(_port(tensor, profile) for tensor in inputs),
        tuple(_port(tensor) for tensor in outputs),
        layers,
        n_lowered,
    )


def _port(tensor: Any, profile: Any = None) -> Port:
    shapes = None
    if profile is not None:
        least, usual, most = (tuple(shape) for shape in profile.get_shape(tensor.name))
        shapes = (least, usual, most)
    return Port(tensor.name, tensor.dtype.name, tuple(tensor.shape), shapes)
