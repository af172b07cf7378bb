from collections.abc import Iterator
from typing import Final

from monitor.intake import Intake
from monitor.intake.intake import NO_BED
from monitor.journal.entry import Entry, EntryKind

QUIET_NS: Final = 60_000_000_000
"""A finding that goes on, or comes again, is entered so often at most; the count tells how often it was."""


class Noticeboard:
    """What the intake finds, as journal entries: each kind when it first comes, then counted, never a flood.

    Bounded by itself: kinds of findings come from this program, and beds are limited by the intake.
    """

    def __init__(self) -> None:
        self._entered: dict[tuple[str, str], tuple[int, int]] = {}
        """(bed, finding) -> (count, time) of its last entry."""
        self._texts: dict[tuple[str, str], str] = {}

    def news(self, intake: Intake, now_ns: int) -> list[Entry]:
        """Return what is worth an entry now."""
        return [
            entry for bed in (NO_BED, *intake.beds) for entry in self._news_of(intake, bed, now_ns, QUIET_NS)
        ]

    def rest(self, intake: Intake, now_ns: int) -> list[Entry]:
        """Return what was counted since the last entries, before the core ends."""
        return [entry for bed in (NO_BED, *intake.beds) for entry in self._news_of(intake, bed, now_ns, 0)]

    def _news_of(self, intake: Intake, bed: str, now_ns: int, quiet_ns: int) -> Iterator[Entry]:
        counters = intake.counters_of(bed)
        if not counters:
            return
        self._texts |= {(bed, finding.name): finding.text for finding in intake.findings(bed, now_ns)}
        for name, count in counters.items():
            entered = self._entered.get((bed, name))
            if entered is None or (count > entered[0] and now_ns - entered[1] >= quiet_ns):
                self._entered[bed, name] = count, now_ns
                body = {"name": name, "text": self._texts.get((bed, name), ""), "count": count}
                yield Entry(EntryKind.FINDING, now_ns, body, bed)
