import hashlib
import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

import engine.models
from engine.errors import ConfigurationError

MOST: Final = 4096
"""Windows in one call of an engine, unless it is built for another number."""
USUAL: Final = 16
"""Windows in one call that an engine is tuned for, unless it is built for another number."""
MOST_POSSIBLE: Final = 65536


@dataclass(frozen=True, slots=True)
class Batches:
    """Windows in one call that an engine is built for; it is tuned for the usual number."""

    least: int = 1
    usual: int = USUAL
    most: int = MOST

    def __post_init__(self) -> None:
        if not 1 <= self.least <= self.usual <= self.most <= MOST_POSSIBLE:
            raise ConfigurationError(
                f"batches of {self.least} to {self.most}, usually {self.usual}: "
                f"give least <= usual <= most, from 1 to {MOST_POSSIBLE}"
            )


@dataclass(frozen=True, slots=True)
class EngineKey:
    """All that an engine depends on: where any of it differs, it is another engine."""

    library: str
    """"tensorrt", "tensorrt-rtx" or "compiled"."""
    precision: str
    batches: Batches
    network: str
    """SHA-256 of what it is made from: the graph, or the checkpoint and the network's code."""
    versions: str
    """Of the libraries that build and run it."""
    device: str
    """What it runs on."""

    @property
    def name(self) -> str:
        """The entry's name in the cache."""
        digest = hashlib.sha256(json.dumps(self.to_dict(), sort_keys=True).encode()).hexdigest()
        return f"{self.library}-{self.precision}-{digest[:16]}"

    @property
    def extension(self) -> str:
        """Of the engine's file."""
        return ".pt2" if self.library == "compiled" else ".plan"

    def to_dict(self) -> dict[str, Any]:
        """Flat, for JSON."""
        return asdict(self)

    @classmethod
    def from_dict(cls, content: dict[str, Any]) -> "EngineKey":
        """Read back what `to_dict` gave."""
        return cls(**{**content, "batches": Batches(**content["batches"])})


def hash_of_graph(graph: Path) -> str:
    """SHA-256 of an exported graph."""
    return hashlib.sha256(graph.read_bytes()).hexdigest()


def hash_of_network(checkpoint_sha256: str) -> str:
    """SHA-256 of a checkpoint together with the code that makes a network of it."""
    joint = hashlib.sha256(checkpoint_sha256.encode())
    for source in sorted(Path(engine.models.__file__).parent.rglob("*.py")):
        joint.update(source.read_bytes())
    return joint.hexdigest()
