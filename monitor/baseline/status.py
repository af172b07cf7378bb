from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class BaselineStatus:
    """What a bed's windows are compared with."""

    state: Literal["learning", "learned", "off"] = "learning"
    """"learning" and "off": with normal ECG of all people; "learned": with the patient's own."""
    learned_s: float = 0.0
    """Signal learned from, so far or in all."""
    usual_score: float | None = None
    """The patient's usual score against normal ECG (1 is its threshold); None unless learned."""
    adopted: bool = False
    """It was adopted at this very window."""
    drift: float = 0.0
    """How far the last ten minutes lie from what was learned; 1 is the bound."""
    text: str = ""
    """The same in words, for people."""
    beginning: bool = False
    """The first minutes of learning: what is usual will soon be known."""
    settled: float | None = None
    """What alarms are judged by instead of the single window's score. While learning begins: the score
    against normal ECG for most of the last minute, None before that was seen. Once learned: what passes in
    this window, or has stayed for most of the last minute; no more than 1 where that is weak and has not held
    for some seconds. None otherwise: the score itself."""

    @property
    def learned(self) -> bool:
        """Whether windows are compared with the patient's own baseline."""
        return self.state == "learned"

    @property
    def usual_is_abnormal(self) -> bool:
        """Whether what is usual for this patient lies above the threshold of normal ECG."""
        return self.usual_score is not None and self.usual_score > 1
