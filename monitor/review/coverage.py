"""How the minutes of a bed ended, from what the journal counts since each start of a core."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from monitor.journal.entry import Entry


@dataclass(frozen=True, slots=True)
class Covered:
    """A stretch between two entries of coverage, a minute as a rule."""

    start_ns: int
    end_ns: int
    assessed_s: float
    not_assessed_s: float
    why: str
    """The reason of most of what was not assessed."""

    @property
    def share(self) -> float:
        """Of the seconds that were counted, how many were assessed."""
        total_s = self.assessed_s + self.not_assessed_s
        return self.assessed_s / total_s if total_s > 0 else 0.0


def covered_minutes(entries: Iterable[Entry], starts_ns: Sequence[int]) -> dict[str, tuple[Covered, ...]]:
    """Take apart the running totals: they begin anew with each core."""
    beds: dict[str, list[Covered]] = {}
    before: dict[str, Entry] = {}
    for entry in entries:
        old = before.get(entry.bed)
        began_ns = max((start for start in starts_ns if start <= entry.time_ns), default=0)
        if old is not None and old.time_ns < began_ns:
            old = None
        before[entry.bed] = entry
        if (stretch := _between(old, entry)) is not None:
            beds.setdefault(entry.bed, []).append(stretch)
    return {bed: tuple(stretches) for bed, stretches in beds.items()}


def _between(old: Entry | None, new: Entry) -> Covered | None:
    then = {} if old is None else old.body
    assessed_s = float(new.body["assessed_s"]) - float(then.get("assessed_s", 0.0))
    missed_s = float(new.body["not_assessed_s"]) - float(then.get("not_assessed_s", 0.0))
    reasons = {
        reason: seconds - then.get("by_reason", {}).get(reason, 0.0)
        for reason, seconds in new.body.get("by_reason", {}).items()
    }
    total_s = assessed_s + missed_s
    if total_s <= 0:
        return None
    start_ns = new.time_ns - round(total_s * 1e9)
    start_ns = start_ns if old is None else max(start_ns, old.time_ns)
    why = max(reasons, key=lambda reason: reasons[reason], default="")
    return Covered(start_ns, new.time_ns, max(assessed_s, 0.0), max(missed_s, 0.0), why)
