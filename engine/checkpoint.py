"""Checkpoints: weights and the statistics of normal ECG in one safetensors file, its configuration inside."""

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save

from engine.arrays import frozen
from engine.errors import ModelError
from engine.models.config import NetworkConfig
from engine.models.normality import Arrays, Normality

FORMAT: Final = "ecg-monitor mcr 1"
_ENTRY: Final = "ecg-monitor"
_CURE: Final = "reinstall the package, or train again with `ecg-monitor train`"


@dataclass(frozen=True, slots=True, eq=False)
class Checkpoint:
    """A trained model."""

    config: NetworkConfig
    weights: Arrays
    """State of the network, by parameter name."""
    normality: Normality
    training: dict[str, Any]
    """How it was trained: data, seed, epochs, validation AUC."""
    sha256: str = ""
    """Hash of the file it came from."""


def save_checkpoint(checkpoint: Checkpoint, path: Path) -> str:
    """Write a checkpoint whole or not at all; gives the file's SHA-256."""
    arrays = {f"network.{name}": array for name, array in checkpoint.weights.items()}
    arrays |= {f"normality.{name}": array for name, array in checkpoint.normality.to_arrays().items()}
    about = {"format": FORMAT, "config": checkpoint.config.to_dict(), "training": checkpoint.training}
    return write_contents(about, arrays, path)


def write_contents(about: dict[str, Any], arrays: Arrays, path: Path) -> str:
    """Write what a checkpoint of any model consists of, whole or not at all; gives the file's SHA-256."""
    # One entry, because safetensors writes several in random order: the same training gives the same file.
    metadata = {_ENTRY: json.dumps(about, sort_keys=True)}
    content = save({name: np.ascontiguousarray(array) for name, array in arrays.items()}, metadata)
    unfinished = path.with_suffix(".part")
    unfinished.write_bytes(content)
    unfinished.replace(path)
    return hashlib.sha256(content).hexdigest()


def load_checkpoint(path: Path) -> Checkpoint:
    """Read a checkpoint and check that it is one of ours, whole, and of this version."""
    about, arrays, sha256 = read_contents(path)
    check_format(about, FORMAT, path)
    return Checkpoint(
        config=NetworkConfig.from_dict(about["config"]),
        weights=below(arrays, "network."),
        normality=Normality.from_arrays(below(arrays, "normality.")),
        training=about["training"],
        sha256=sha256,
    )


def read_contents(path: Path) -> tuple[dict[str, Any], Arrays, str]:
    """What a checkpoint of any model says of itself, its arrays, and the file's SHA-256."""
    try:
        content = path.read_bytes()
        with safe_open(path, framework="numpy") as file:
            metadata = file.metadata() or {}
            arrays = {name: frozen(file.get_tensor(name)) for name in file.keys()}  # noqa: SIM118
    except OSError as error:
        raise ModelError(f"the checkpoint {path} cannot be read ({error.strerror}): {_CURE}") from error
    except SafetensorError as error:
        raise ModelError(f"{path} is no whole safetensors file ({error}): {_CURE}") from error
    return json.loads(metadata.get(_ENTRY, "{}")), arrays, hashlib.sha256(content).hexdigest()


def read_format(path: Path) -> str | None:
    """Which model's checkpoint a file is; None if it does not say, or cannot be read."""
    try:
        with safe_open(path, framework="numpy") as file:
            metadata = file.metadata() or {}
    except (OSError, SafetensorError):
        return None
    found = json.loads(metadata.get(_ENTRY, "{}")).get("format")
    return str(found) if found is not None else None


def check_format(about: dict[str, Any], expected: str, path: Path) -> None:
    """Refuse the checkpoint of another model, or of another version."""
    if about.get("format") != expected:
        raise ModelError(
            f"{path} is not a checkpoint of this program (format {about.get('format')!r}, "
            f"expected {expected!r}): {_CURE}"
        )


def below(arrays: Arrays, prefix: str) -> Arrays:
    """The arrays whose names begin with `prefix`, without it."""
    return {name.removeprefix(prefix): array for name, array in arrays.items() if name.startswith(prefix)}
