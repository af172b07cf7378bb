from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

from engine.backends.backend import AbsentBackendError
from engine.backends.enginecache import CacheEntry
from engine.backends.enginekey import Batches, EngineKey, hash_of_graph, hash_of_network
from engine.backends.gpu import find_gpu
from engine.backends.manifest import difference
from engine.backends.precisions import precision_of
from engine.backends.trtlibrary import (
    LEAST_CAPABILITY,
    front_end_version,
    load_library,
    runtime_of_front_end,
)
from engine.checkpoint import read_contents
from engine.errors import ConfigurationError

LIBRARIES: Final = ("tensorrt", "tensorrt-rtx", "compiled")
"""What engines are built with, fastest first."""


@dataclass(frozen=True, slots=True)
class BuildOrder:
    """An engine that is wanted."""

    library: str
    precision: str
    batches: Batches
    checkpoint: Path
    """The trained model; its exported graph lies beside it."""
    device: str = "cuda"
    """"cpu" or "cuda"; the former for "compiled" alone."""

    def __post_init__(self) -> None:
        if self.library not in LIBRARIES:
            raise ConfigurationError(f"no library {self.library!r}: choose {', '.join(LIBRARIES)}")
        precision_of(self.precision)
        if self.library == "compiled" and self.precision == "tf32":
            raise ConfigurationError("compiled knows no tf32: choose fp32, fp16 or bf16")

    @property
    def graph(self) -> Path:
        """The exported graph."""
        return self.checkpoint.with_suffix(".onnx")

    def to_dict(self) -> dict[str, Any]:
        """Plain values, for JSON."""
        batches = [self.batches.least, self.batches.usual, self.batches.most]
        return {
            "library": self.library,
            "precision": self.precision,
            "batches": batches,
            "checkpoint": str(self.checkpoint),
            "device": self.device,
        }

    @classmethod
    def from_dict(cls, content: dict[str, Any]) -> "BuildOrder":
        """Read back what `to_dict` gave."""
        batches, checkpoint = Batches(*content["batches"]), Path(content["checkpoint"])
        return cls(content["library"], content["precision"], batches, checkpoint, content["device"])


def key_of(order: BuildOrder) -> EngineKey:
    """What the ordered engine depends on, on this machine.

    Raises
    ------
    AbsentBackendError
        If the library or the GPU is not there, or is one that cannot be used.
    """
    if order.library == "tensorrt-rtx":
        versions = f"tensorrt_rtx {load_library(order.library).version}"
        network, device = hash_of_graph(order.graph), "any NVIDIA GPU"  # finished on the GPU, when loaded
    elif order.library == "tensorrt":
        device = check_gpu()
        runtime = runtime_of_front_end()
        versions = f"{front_end_version()}, {runtime.name} {runtime.version}, torch {version('torch')}"
        network = _hash_of_model(order)
    else:
        versions, network = f"torch {version('torch')}", _hash_of_model(order)
        device = check_gpu() if order.device == "cuda" else f"cpu {_cpu_kind()}"
    return EngineKey(order.library, order.precision, order.batches, network, versions, device)


def why_unused(entry: CacheEntry, checkpoint: Path) -> str | None:
    """Why an entry of the cache does not serve this model on this machine; None if it may."""
    if entry.fault is not None or entry.key is None:
        return entry.fault or "it does not say what it is"
    key = entry.key
    device = "cpu" if key.device.startswith("cpu") else "cuda"
    try:
        here = key_of(BuildOrder(key.library, key.precision, key.batches, checkpoint, device))
    except AbsentBackendError as absent:
        return str(absent)
    return None if here == key else f"it was built for something else: {difference(key.to_dict(), here)}"


def check_gpu() -> str:
    """The GPU at hand in words, if it has kernels and this torch can use it."""
    gpu = find_gpu()
    if gpu.capability < LEAST_CAPABILITY:
        least = ".".join(map(str, LEAST_CAPABILITY))
        raise AbsentBackendError(f"the GPU {gpu} is too old: compute capability {least} or newer is needed")
    import torch

    if not torch.cuda.is_available():
        raise AbsentBackendError(
            f"torch {torch.__version__} cannot use the GPU {gpu}: "
            f"install a torch for CUDA {gpu.driver // 1000}"
        )
    return str(gpu)


def _hash_of_model(order: BuildOrder) -> str:
    return hash_of_network(read_contents(order.checkpoint)[2])


def _cpu_kind() -> str:
    """Instructions that compiled code may use: machines that share a folder may differ in them."""
    import torch

    return torch.backends.cpu.get_cpu_capability()
