"""What the journal keeps of a baseline's life."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

CARRIES_ON: Final = ("learned", "restored", "drift", "drift over")
"""Notes after which a baseline is in force: the one that was learned last."""


@dataclass(frozen=True, slots=True)
class Note:
    """A change of what a bed is compared with: goes into the journal."""

    what: str
    """"learned", "not learned", "restored", "let go", "forgotten", "relearning", "drift", "drift over"."""
    text: str
    patient: str = ""
    """Pseudonym that the source gave."""
    baseline: Mapping[str, Any] | None = None
    """The whole baseline, where it was learned."""


@dataclass(frozen=True, slots=True)
class Recalled:
    """What a journal knows of a bed's baseline, for a core that starts again."""

    note: Note
    """The last one."""
    seen_ns: int
    """Wall clock when the bed was last watched."""
