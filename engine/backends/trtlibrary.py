"""TensorRT and TensorRT-RTX: two libraries with one interface, told apart by module name alone."""

import importlib
import re
from dataclasses import dataclass, field
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from typing import Any, Final

from engine.backends.backend import AbsentBackendError

LEAST_CAPABILITY: Final = (7, 5)
"""Compute capability below which neither library has kernels."""


@dataclass(frozen=True, slots=True)
class Supported:
    """Versions of a library that this program was written for: from `least`, below `below`."""

    module: str
    extra: str
    least: tuple[int, int]
    below: tuple[int, int]


SUPPORTED: Final = {
    "tensorrt": Supported("tensorrt", "tensorrt", (10, 8), (12, 0)),
    "tensorrt-rtx": Supported("tensorrt_rtx", "tensorrt-rtx", (1, 4), (2, 0)),
}


@dataclass(frozen=True, slots=True)
class Library:
    """A library that was loaded and is of a known version."""

    name: str
    module: Any
    version: str
    errors: list[str] = field(default_factory=list)
    """What the library has complained of, in its words."""

    def logger(self) -> Any:
        """A logger for the library's objects; errors are collected, the rest is dropped."""
        return _logger(self.module, self.errors)

    def complaint(self) -> str:
        """The last error, shortened to what a person reads."""
        if not self.errors:
            return "it does not say why"
        return re.sub(r"\s*\(?In \w+ at /\S+", "", self.errors[-1]).strip()[:200]


def load_library(name: str) -> Library:
    """Load "tensorrt" or "tensorrt-rtx".

    Raises
    ------
    AbsentBackendError
        If it is not installed, cannot be loaded, or is of a version this program was not written for.
    """
    wanted = SUPPORTED[name]
    cure = f"pip install 'ecg-monitor[{wanted.extra}]'"
    if find_spec(wanted.module) is None:
        raise AbsentBackendError(f"{wanted.module} is not installed: {cure}")
    try:
        module = importlib.import_module(wanted.module)
    except Exception as error:  # a library that lacks parts of itself fails in its own ways
        raise AbsentBackendError(
            f"{wanted.module} is installed but cannot be loaded ({_first_line(error)}): {cure}"
        ) from error
    found = str(getattr(module, "__version__", "unknown"))
    if not wanted.least <= _leading(found) < wanted.below:
        least, below = (".".join(map(str, edge)) for edge in (wanted.least, wanted.below))
        raise AbsentBackendError(
            f"{wanted.module} is version {found}, this program needs {least} or newer, below {below}: {cure}"
        )
    return Library(name, module, found)


def front_end_version() -> str:
    """Name and version of the installed torch_tensorrt, without loading it."""
    if find_spec("torch_tensorrt") is not None:
        for package in ("torch-tensorrt", "torch-tensorrt-rtx"):
            try:
                return f"{package} {version(package)}"
            except PackageNotFoundError:
                continue
    raise AbsentBackendError("torch_tensorrt is not installed: pip install 'ecg-monitor[tensorrt]'")


def runtime_of_front_end() -> Library:
    """The library whose engines the installed torch_tensorrt makes."""
    return load_library(
        "tensorrt-rtx" if front_end_version().startswith("torch-tensorrt-rtx") else "tensorrt"
    )


def _leading(found: str) -> tuple[int, int]:
    numbers = [int(part) for part in re.findall(r"\d+", found)[:2]]
    return (numbers[0], numbers[1]) if len(numbers) == 2 else (0, 0)


def _first_line(error: Exception) -> str:
    return str(error).splitlines()[0] if str(error) else type(error).__name__


def _logger(module: Any, errors: list[str]) -> Any:
    class Collector(module.ILogger):  # type: ignore[misc]
        def __init__(self) -> None:
            module.ILogger.__init__(self)

        def log(self, severity: Any, message: str) -> None:
            if severity <= module.ILogger.ERROR:
                errors.append(message)

    return Collector()
