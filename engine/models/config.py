from dataclasses import asdict, dataclass
from typing import Any

from engine.errors import ModelError


@dataclass(frozen=True, slots=True)
class NetworkConfig:
    """Shape of the restoration network; travels inside its checkpoint."""

    width: int = 32
    """Channels of the global latent."""
    stem: int = 16
    """Channels after the global stem, at a quarter of the input's rate."""
    beat_width: int = 16
    """Channels of the local latent."""
    n_global_blocks: int = 4
    n_local_blocks: int = 3
    n_masks: int = 2
    """Disjoint masks that together hide every sample once: an even number, of which each costs a pass."""
    mask_n: int = 16
    """Samples hidden in a row."""

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> "NetworkConfig":
        """Read back what `to_dict` gave; anything else is a `ModelError`."""
        known = set(cls.__dataclass_fields__)
        if set(values) != known or not all(type(value) is int and value > 0 for value in values.values()):
            raise ModelError(
                f"a network configuration needs the positive integers {', '.join(sorted(known))}; "
                f"got {values}: the checkpoint is of another version, train it again"
            )
        return cls(**values)

    def to_dict(self) -> dict[str, int]:
        """Plain values for a checkpoint."""
        return asdict(self)
