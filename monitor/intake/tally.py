"""Counting what went wrong, and remembering the last time of each kind in a sentence."""

from dataclasses import dataclass
from typing import Final

RECENT_NS: Final = 10_000_000_000
"""A finding is reported for so long after it was last seen."""


@dataclass(frozen=True, slots=True)
class Finding:
    """Something technical that holds now or did a moment ago."""

    name: str
    """Stable machine name, for example `two_publishers`; also the counter's name."""
    text: str
    """One sentence for the operator."""


class Tally:
    """Counters by name; names come from this program, never from a message, so the tally is bounded."""

    def __init__(self) -> None:
        self.counters: dict[str, int] = {}
        self._last: dict[str, tuple[int, str]] = {}

    def count(self, name: str, text: str, now_ns: int) -> None:
        """Count one occurrence."""
        self.counters[name] = self.counters.get(name, 0) + 1
        self._last[name] = (now_ns, text)

    def recent(self, now_ns: int) -> tuple[Finding, ...]:
        """Return what was seen within the last ten seconds."""
        return tuple(
            Finding(name, text) for name, (at_ns, text) in self._last.items() if now_ns - at_ns <= RECENT_NS
        )
