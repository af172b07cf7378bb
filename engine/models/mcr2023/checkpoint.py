"""Checkpoints of the published network: its weights and the scale of its scores in one safetensors file."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np

from engine.arrays import F64
from engine.checkpoint import below, check_format, read_contents, write_contents
from engine.errors import ModelError
from engine.leads import N_LEADS
from engine.models.mcr2023.config import Mcr2023Config
from engine.models.normality import Arrays

FORMAT: Final = "ecg-monitor mcr-2023 1"


@dataclass(frozen=True, slots=True, eq=False)
class Scale:
    """From restoration errors to scores and maps on the monitor's scale; fitted on normal ECG of fold 8."""

    hidden: bool
    """Whether the two branches are scored only where they were hidden; as published, everywhere."""
    zero: float
    """Error of the median normal window: score 0."""
    one: float
    """Error at the false-alarm budget: score 1."""
    map_unit: F64
    """(12,) what the map of normal ECG rarely passes, per lead."""

    def to_arrays(self) -> Arrays:
        """Flat named arrays for a checkpoint."""
        return {"score": np.array([self.hidden, self.zero, self.one]), "map_unit": self.map_unit}

    @classmethod
    def from_arrays(cls, arrays: Arrays) -> "Scale":
        """Read back what `to_arrays` gave; anything else is a `ModelError`."""
        shapes = {name: array.shape for name, array in arrays.items()}
        if shapes != {"score": (3,), "map_unit": (N_LEADS,)}:
            raise ModelError(
                f"the checkpoint lacks the scale of its scores (it has {shapes}): train it again"
            )
        hidden, zero, one = (float(value) for value in arrays["score"])
        return cls(bool(hidden), zero, one, arrays["map_unit"])


@dataclass(frozen=True, slots=True, eq=False)
class Mcr2023Checkpoint:
    """A trained published network."""

    config: Mcr2023Config
    weights: Arrays
    """State of the network, by parameter name."""
    scale: Scale
    training: dict[str, Any]
    """How it was trained."""
    sha256: str = ""
    """Hash of the file it came from."""


def save_mcr2023(checkpoint: Mcr2023Checkpoint, path: Path) -> str:
    """Write a checkpoint whole or not at all; gives the file's SHA-256."""
    arrays = {f"network.{name}": array for name, array in checkpoint.weights.items()}
    arrays |= {f"scale.{name}": array for name, array in checkpoint.scale.to_arrays().items()}
    about = {"format": FORMAT, "config": checkpoint.config.to_dict(), "training": checkpoint.training}
    return write_contents(about, arrays, path)


def load_mcr2023(path: Path) -> Mcr2023Checkpoint:
    """Read a checkpoint and check that it is one of this network, whole, and of this version."""
    about, arrays, sha256 = read_contents(path)
    check_format(about, FORMAT, path)
    return Mcr2023Checkpoint(
        config=Mcr2023Config.from_dict(about["config"]),
        weights=below(arrays, "network."),
        scale=Scale.from_arrays(below(arrays, "scale.")),
        training=about["training"],
        sha256=sha256,
    )
