"""A bad network in front of a publisher: the same faults every time for the same seed."""

import random
from collections import deque
from dataclasses import dataclass, fields
from typing import Final

from engine.errors import ConfigurationError

DELAY_MESSAGES: Final = 25
"""A delayed message is overtaken by so many."""


@dataclass(frozen=True, slots=True)
class FaultRates:
    """Share of the data messages that each fault meets, 0 to 1."""

    drop: float = 0.0
    """Never arrives."""
    duplicate: float = 0.0
    """Arrives twice."""
    reorder: float = 0.0
    """Arrives after its successor."""
    delay: float = 0.0
    """Arrives a second late, when its place has been given up."""
    corrupt: float = 0.0
    """Arrives with some bytes of its header or payload changed."""


class Fault:
    """Use it as a publisher's `through`: one message in, the messages that really travel out."""

    def __init__(self, rates: FaultRates, seed: int = 0) -> None:
        self._rates = rates
        self._random = random.Random(seed)
        self._waiting: deque[tuple[int, list[bytes]]] = deque()
        self._n = 0

    @classmethod
    def parse(cls, spec: str) -> "Fault":
        """Read `drop=0.02,reorder=0.01,seed=7`."""
        known = [field.name for field in fields(FaultRates)]
        rates, seed = {}, 0
        for item in spec.split(","):
            name, _, value = item.strip().partition("=")
            try:
                if name == "seed":
                    seed = int(value)
                elif name in known and 0 <= float(value) <= 1:
                    rates[name] = float(value)
                else:
                    raise ValueError
            except ValueError:
                raise ConfigurationError(
                    f"fault {item.strip()!r}: write NAME=SHARE with a share from 0 to 1 and a name of "
                    f"{', '.join(known)}, or seed=NUMBER; for example drop=0.02,reorder=0.01,seed=7"
                ) from None
        return cls(FaultRates(**rates), seed)

    def __call__(self, parts: list[bytes]) -> list[list[bytes]]:
        """Return what travels on now."""
        self._n += 1
        sent = self._meet(parts)
        while self._waiting and self._waiting[0][0] <= self._n:
            sent.append(self._waiting.popleft()[1])
        return sent

    def _meet(self, parts: list[bytes]) -> list[list[bytes]]:
        rates = self._rates
        if self._happens(rates.drop):
            return []
        if self._happens(rates.corrupt):
            parts = self._corrupted(parts)
        if self._happens(rates.duplicate):
            return [parts, parts]
        if self._happens(rates.reorder):
            return self._hold(parts, 1)
        if self._happens(rates.delay):
            return self._hold(parts, DELAY_MESSAGES)
        return [parts]

    def _happens(self, share: float) -> bool:
        return self._random.random() < share

    def _hold(self, parts: list[bytes], n: int) -> list[list[bytes]]:
        self._waiting.append((self._n + n, parts))
        self._waiting = deque(sorted(self._waiting, key=lambda item: item[0]))
        return []

    def _corrupted(self, parts: list[bytes]) -> list[bytes]:
        frame = self._random.randrange(1, len(parts))
        changed = bytearray(parts[frame])
        for _ in range(self._random.randint(1, 4)):
            changed[self._random.randrange(len(changed))] = self._random.randrange(256)
        return [*parts[:frame], bytes(changed), *parts[frame + 1 :]]
