from dataclasses import asdict, dataclass
from typing import Any, Final

from engine.errors import ModelError

RATE_HZ: Final = 500
"""The published network's grid."""
WINDOW_N: Final = 4800
"""Samples of the global branch: ten seconds less 0.2 s at either end."""
CROP_N: Final = 100
"""Samples left out at either end."""
BEAT_N: Final = 480
BEFORE_R_N: Final = 140
"""Samples of the local branch, and how many of them lie before the R peak."""


@dataclass(frozen=True, slots=True)
class Mcr2023Config:
    """Shape of the published network; travels inside its checkpoint. The defaults are the published ones."""

    width: int = 32
    """Channels after the first convolution; each of the next four doubles them."""
    latent: int = 50
    """Channels of the latents."""
    heads: int = 2

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> "Mcr2023Config":
        """Read back what `to_dict` gave; anything else is a `ModelError`."""
        known = set(cls.__dataclass_fields__)
        if set(values) != known or not all(type(value) is int and value > 0 for value in values.values()):
            raise ModelError(
                f"a configuration of mcr-2023 needs the positive integers {', '.join(sorted(known))}; got "
                f"{values}: the checkpoint is of another version, train it again"
            )
        return cls(**values)

    def to_dict(self) -> dict[str, int]:
        """Plain values for a checkpoint."""
        return asdict(self)
