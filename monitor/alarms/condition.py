"""One row of the table of alarm conditions."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from monitor.alarms.alarm import Kind, Priority
from monitor.alarms.finding import Finding
from monitor.alarms.limits import Limits
from monitor.alarms.observation import Observation


@dataclass(frozen=True, slots=True)
class Persistence:
    """How much evidence raises an alarm, and how much ends it."""

    needs: int = 1
    of: int = 1
    """Raise when `needs` of the last `of` judged observations found the condition ..."""
    hold_s: float = 0.0
    """... and it held without a break for this long."""
    clear_s: float = 0.0
    """End when it was found absent without a break for this long."""


@dataclass(frozen=True, slots=True)
class Condition:
    """What can alarm, judged by a pure function of one observation; the machine adds time."""

    name: str
    kind: Kind
    priority: Priority
    latching: bool
    judge: Callable[[Observation, Limits], Finding | None]
    judgeable: Callable[[Observation], bool]
    """Whether this observation can tell at all; if not, an alarm neither begins nor ends."""
    says: str
    """The condition in words, for the documentation."""
    persistence: Persistence = Persistence()
    measurement_s: float | None = 0.0
    """Signal the condition needs by its nature before it can be found, from its onset; None: the model's."""
    clock: Literal["stream", "wall"] = "stream"
    """Whether persistence counts signal or wall-clock time (the latter runs on while no samples arrive)."""
    yields_to: tuple[str, ...] = ()
    """Graver conditions of the same kind; while one of them holds, this one is not raised as well."""

    @property
    def configured_s(self) -> float:
        """Delay added by persistence at the default hop of 1 s."""
        return max(self.persistence.hold_s, float(self.persistence.needs - 1))
