"""Which backends there are, in order, and how each is loaded. Nothing here loads torch before a rung does."""

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

from engine.backends.backend import AbsentBackendError, Backend
from engine.backends.builder import build_beside
from engine.backends.buildorder import BuildOrder, check_gpu, key_of
from engine.backends.enginecache import EngineCache, MissingEngineError
from engine.backends.enginekey import Batches, EngineKey
from engine.backends.gpu import find_gpu
from engine.backends.ladder import Judge, Ladder, Rung, Say
from engine.backends.manifest import DamagedEngineError
from engine.backends.precisions import precision_of
from engine.backends.trtlibrary import load_library, runtime_of_front_end
from engine.checkpoint import Checkpoint
from engine.errors import ConfigurationError, ModelError

NAMES: Final = ("tensorrt", "tensorrt-rtx", "compiled", "torch-cuda", "onnx", "torch")
"""Every backend, fastest first; the last two need no GPU and no building."""
AUTO: Final = "auto"
"""The best that this machine has."""


@dataclass(frozen=True, slots=True)
class Model:
    """What backends are made of."""

    checkpoint: Checkpoint
    path: Path
    """The checkpoint's file; its exported graph lies beside it."""
    threads: int = 1
    precision: str = "fp32"
    """Of engines that are built; the others are float32."""
    batches: Batches = field(default_factory=Batches)
    cache: EngineCache | None = None
    """None is the user's own."""


def load_backend(model: Model, name: str) -> Backend:
    """Load one backend, built first if need be; nothing else takes its place.

    Raises
    ------
    ConfigurationError
        If there is no such backend.
    AbsentBackendError
        If this machine lacks what it needs.
    ModelError
        If it is broken, or its results are not the reference's.
    """
    rung = rung_of(model, name)
    backend = rung.load(lambda sentence: None)
    if rung.slow and (fault := judge_of(model)(backend, rung.precision)) is not None:
        raise ModelError(f"{name} cannot serve: {fault}")
    return backend


def load_ladder(model: Model, name: str = AUTO) -> Ladder:
    """Load the best backend from `name` on that works; the next takes its place when it fails."""
    if name != AUTO:
        rung_of(model, name)
    lost = None
    try:
        find_gpu()
    except AbsentBackendError as absent:
        on_cpu = name in ("compiled", "onnx", "torch")
        lost = None if on_cpu or name == AUTO else str(absent)
        names = NAMES[NAMES.index(name) :] if on_cpu else NAMES[NAMES.index("onnx") :]
        names = tuple(one for one in names if one != "torch-cuda")
    else:
        names = NAMES[0 if name == AUTO else NAMES.index(name) :]
    rungs = [rung_of(model, one) for one in names]
    return Ladder(rungs, judge_of(model), None if name == AUTO else name, lost)


def rung_of(model: Model, name: str) -> Rung:
    """One backend by its name."""
    precision_of(model.precision)
    match name:
        case "onnx":
            return Rung(name, lambda say: _onnx(model))
        case "torch":
            return Rung(name, lambda say: _torch(model, "cpu"))
        case "torch-cuda":
            return Rung(name, lambda say: _torch(model, "cuda"))
        case "compiled":
            # Its own reduced forms exist to be measured; in a ladder it is what is left when these fail.
            return Rung(name, lambda say: _built(replace(model, precision="fp32"), name, say), slow=True)
        case "tensorrt" | "tensorrt-rtx":
            return Rung(name, lambda say: _built(model, name, say), model.precision, slow=True)
    raise ConfigurationError(f"no backend {name!r}: choose {', '.join((AUTO, *NAMES))}")


def judge_of(model: Model) -> Judge:
    """Compare backends with the model's reference."""

    def judge(backend: Backend, precision: str) -> str | None:
        from engine.backends.conformance import Reference

        agreement = Reference(model.checkpoint).compare(backend, precision)
        if agreement.holds:
            return None
        return (
            f"its results are not those of eager torch (scores differ by {agreement.score:.2g}, outputs by "
            f"{agreement.output:.2g}, allowed in {precision} are {agreement.tolerance:g})"
        )

    return judge


def device_of(library: str) -> str:
    """What an engine is built for here: torch compiles for the CPU where there is no GPU."""
    if library == "compiled":
        try:
            find_gpu()
        except AbsentBackendError:
            return "cpu"
    return "cuda"


def _onnx(model: Model) -> Backend:
    from engine.backends.onnx import OnnxBackend

    return OnnxBackend(model.path.with_suffix(".onnx"), model.checkpoint.sha256, model.threads)


def _torch(model: Model, device: str) -> Backend:
    if device == "cuda":
        check_gpu()
    from engine.backends.eager import TorchBackend

    return TorchBackend(model.checkpoint, device)


def _built(model: Model, name: str, say: Say) -> Backend:
    """Run an engine from the cache; what is missing or damaged there, or refused here, is built anew once."""
    if name != "compiled":
        check_gpu()
    order = BuildOrder(name, model.precision, model.batches, model.path, device_of(name))
    cache = model.cache or EngineCache()
    key = key_of(order)
    try:
        return _open(key, cache.find(key))
    except MissingEngineError:
        pass
    except DamagedEngineError as damage:
        say(str(damage))
    except AbsentBackendError:
        raise
    except ModelError as refusal:
        say(f"{refusal}: it is built again")
    cache.discard(key.name)
    build_beside(order, cache)
    try:
        return _open(key, cache.find(key))
    except ModelError:
        cache.discard(key.name)  # the next start is to find nothing rather than this
        raise


def _open(key: EngineKey, path: Path) -> Backend:
    if key.library == "compiled":
        from engine.backends.compiled import CompiledBackend

        return CompiledBackend(path, "cpu" if key.device.startswith("cpu") else "cuda", key.batches.most)
    from engine.backends.planbackend import PlanBackend

    library = runtime_of_front_end() if key.library == "tensorrt" else load_library(key.library)
    return PlanBackend(library, path.read_bytes(), key.library, key.batches.most)
