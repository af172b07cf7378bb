from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Order:
    """What a reading process is started with."""

    backend: str
    precision: str
