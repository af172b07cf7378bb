from dataclasses import dataclass
from typing import Final

from engine.errors import ConfigurationError


@dataclass(frozen=True, slots=True)
class Precision:
    """What convolutions and matrix products take their operands in; all else is float32 throughout."""

    name: str
    bits: int
    """Of an operand."""
    tolerance: float
    """How far scores, and outputs relative to their largest, may be from float32."""

    @property
    def reduced(self) -> bool:
        """Whether less than float32."""
        return self.name != "fp32"


PRECISIONS: Final = {
    "fp32": Precision("fp32", 32, 1e-3),
    "tf32": Precision("tf32", 19, 3e-3),
    "fp16": Precision("fp16", 16, 3e-3),
    "bf16": Precision("bf16", 16, 2e-2),
}


def precision_of(name: str) -> Precision:
    """Look a precision up by its name."""
    try:
        return PRECISIONS[name]
    except KeyError:
        raise ConfigurationError(f"no precision {name!r}: choose {', '.join(PRECISIONS)}") from None
