"""Where messages enter the monitor: nothing a sender does raises past here."""

from collections.abc import Mapping
from typing import Final

from monitor import update
from monitor.intake.samples import Samples
from monitor.intake.source import BedSource
from monitor.intake.tally import Finding, Tally
from monitor.wire import BadMessage, Message, decode
from monitor.wire.codec import DATA_FRAMES
from monitor.wire.limits import MAX_BEDS
from monitor.wire.topic import data_topic, parse_topic

NO_BED: Final = ""
"""Findings about messages that belong to no bed."""


class Intake:
    """All beds of one core. It has no clock: `now_ns` is passed in, from any clock that never goes back."""

    def __init__(self, max_beds: int = MAX_BEDS) -> None:
        self._max_beds = max_beds
        self._beds: dict[str, BedSource] = {}
        self._of_topic: dict[bytes, BedSource] = {}
        self._tally = Tally()

    @property
    def beds(self) -> tuple[str, ...]:
        """Beds heard of so far."""
        return tuple(self._beds)

    def accept(self, parts: list[bytes], now_ns: int) -> list[Samples]:
        """Take one message as received; bad ones are counted and named."""
        if len(parts) == DATA_FRAMES and (known := self._of_topic.get(parts[0])) is not None:
            samples = known.accept_same(parts[1], parts[2], now_ns)
            if samples is not None:
                return samples
        try:
            message = decode(parts)
        except BadMessage as bad:
            topic = parse_topic(parts[0]) if parts else None
            self._tally_of(topic[2] if topic else NO_BED).count(bad.reason, str(bad), now_ns)
            return []
        samples = self.accept_message(message, now_ns)
        if message.bed in self._beds:
            self._of_topic.setdefault(data_topic(message.bed), self._beds[message.bed])
        return samples

    def accept_message(self, message: Message, now_ns: int) -> list[Samples]:
        """Take one decoded message and return the samples that are now complete on the common grid."""
        source = self._beds.get(message.bed)
        if source is None:
            if len(self._beds) >= self._max_beds:
                text = f"bed {message.bed} is refused: {self._max_beds} beds are served already"
                self._tally.count("too_many_beds", text, now_ns)
                return []
            source = self._beds[message.bed] = BedSource(message.bed)
        try:
            return source.accept(message, now_ns)
        except BadMessage as bad:
            source.tally.count(bad.reason, str(bad), now_ns)
            return []

    def want(self, bed: str, upto: int) -> None:
        """Say that nobody needs samples of `bed` before the grid has reached `upto`, unless by `give`."""
        if bed in self._beds:
            self._beds[bed].wanted = upto

    def give(self, bed: str) -> list[Samples]:
        """Return the samples of `bed` that wait for what `want` said."""
        known = self._beds.get(bed)
        return [] if known is None else known.give()

    def source(self, bed: str, now_ns: int) -> update.Source:
        """Describe the publisher behind `bed` as it stands at `now_ns`."""
        known = self._beds.get(bed)
        return update.Source("waiting") if known is None else known.state(now_ns)

    def findings(self, bed: str, now_ns: int) -> tuple[Finding, ...]:
        """Return what is technically wrong with `bed` now or a moment ago; `NO_BED` for stray messages."""
        known = self._beds.get(bed)
        return self._tally.recent(now_ns) if known is None else known.findings(now_ns)

    @property
    def counters(self) -> dict[str, int]:
        """What was refused without belonging to a known bed."""
        return dict(self._tally.counters)

    def counters_of(self, bed: str) -> Mapping[str, int]:
        """Count what was found in messages of `bed`; `NO_BED` for what belongs to no known bed."""
        return self._tally_of(bed).counters

    def _tally_of(self, bed: str) -> Tally:
        known = self._beds.get(bed)
        return self._tally if known is None else known.tally
